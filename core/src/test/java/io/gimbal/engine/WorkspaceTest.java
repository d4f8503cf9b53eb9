package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.device.Resources;
import io.gimbal.device.SoftDevice;
import io.gimbal.device.Stream;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.dnn.TimedPlanner;
import io.gimbal.program.Buffer;
import io.gimbal.program.Instruction;
import io.gimbal.program.ProgramBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two convolutions never use one piece of memory as their workspace at the same time. */
class WorkspaceTest {
    @Test
    void aWorkspaceIsOneInstructionsOwnAndAProgramIsOneChain() {
        try (Device device = Device.open(DeviceKind.SOFT)) {
            SoftDevice soft = device.softDevice().orElseThrow();
            StepPlan plan = Rig.plan(Rig.graph());
            try (Stream stream = device.newStream();
                    TimedPlanner convolutions = new TimedPlanner(device, stream, plan.precision());
                    Resources parts = new Resources()) {
                ModelMemory model = new ModelMemory(device, stream, new ThreadConfinement("the test"), plan.graph(),
                        plan.precision());
                parts.keep(model::close);
                StepMemory memory = parts.keep(new StepMemory(device, plan, model));
                ProgramBuilder builder = new ProgramBuilder(convolutions, plan.precision());
                StepProgram.write(builder, plan, model, memory);
                List<Instruction> instructions = builder.instructions();
                assertTrue(instructions.stream().anyMatch(instruction ->
                        instruction.call() instanceof Instruction.Call.Convolved call
                                && call.plan().workspaceBytes() > 0));
                for (Instruction instruction : instructions) {
                    for (Buffer buffer : instruction.buffers()) {
                        if (buffer.name().equals("workspace")) {
                            assertEquals(1, instructions.stream().filter(other ->
                                    other.buffers().contains(buffer)).count());
                        }
                    }
                }
                // Without a second stream and an event nothing can be captured beside anything else: one instruction
                // follows the other, so workspaces of two may lie in one place.
                long streams = soft.get("live_streams");
                long events = soft.get("live_events");
                builder.build(device, stream).close();
                assertEquals(streams, soft.get("live_streams"));
                assertEquals(events, soft.get("live_events"));
            }
        }
    }
}
