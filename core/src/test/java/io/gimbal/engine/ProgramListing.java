package io.gimbal.engine;

import io.gimbal.device.Precision;
import io.gimbal.dnn.ConvolutionDirection;
import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.dnn.ConvolutionPlan;
import io.gimbal.program.Buffer;
import io.gimbal.program.Exchanged;
import io.gimbal.program.Instruction.Call.Exchange.Kind;
import io.gimbal.program.Instruction;
import io.gimbal.program.MemoryPlan;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A written program as text, by which two can be compared: a line an instruction, in order, under the section that it
 * belongs to. A region is its buffer's name, where several buffers have that name its number among these, and the
 * offset in bytes.
 */
public final class ProgramListing {
    private final Map<Buffer, String> names = new HashMap<>();
    private final Map<String, Integer> buffersOfName = new HashMap<>();
    private final StringBuilder text = new StringBuilder();

    private ProgramListing(ProgramBuilder program) {
        String section = "";
        for (Instruction instruction : program.instructions()) {
            if (!instruction.section().equals(section)) {
                section = instruction.section();
                text.append(section).append('\n');
            }
            text.append("  ").append(line(instruction.call())).append('\n');
        }
        MemoryPlan memory = program.memory();
        text.append("arena ").append(memory.bytes()).append(", most alive ").append(memory.mostAlive()).append('\n');
    }

    /** That of a training step; needs no device. */
    public static String ofStep(StepPlan plan) {
        ModelLayout model = ModelLayout.of(plan);
        ProgramBuilder builder = new ProgramBuilder(new GeometryPlanner(), plan.precision());
        StepProgram.write(builder, plan, model, new StepLayout(plan, model));
        return new ProgramListing(builder).text.toString();
    }

    /** That of inference; needs no device. */
    public static String ofInference(NetworkGraph graph, Precision precision) {
        ProgramBuilder builder = new ProgramBuilder(new GeometryPlanner(), precision);
        Buffer boundary = Buffer.unplaced("boundary", new InferenceLayout(graph).bytes());
        InferenceProgram.write(builder, graph, new ModelLayout(graph, precision), boundary.region());
        return new ProgramListing(builder).text.toString();
    }

    private String line(Instruction.Call call) {
        return switch (call) {
            case Instruction.Call.Kernel(String file, String name, int blocks, List<Object> arguments) -> file + "/"
                    + name + " x" + blocks + ": " + arguments.stream().map(this::argument)
                    .collect(Collectors.joining(", "));
            case Instruction.Call.Convolved(ConvolutionDirection direction, ConvolutionGeometry geometry,
                    ConvolutionPlan plan, Region x, Region filter, Region y) -> "convolution " + direction.text() + " "
                    + geometry.describe() + ": " + region(x) + ", " + region(filter) + ", " + region(y)
                    + ", workspace " + plan.workspaceBytes();
            case Instruction.Call.Product(boolean transposeA, boolean transposeB, int rows, int columns, int inner,
                    Region a, Region b, Region c, boolean floats) -> "product " + rows + " x " + columns + " over "
                    + inner + (transposeA ? " a^T" : "") + (transposeB ? " b^T" : "") + (floats ? " float32" : "")
                    + ": " + region(a) + ", " + region(b) + ", " + region(c);
            case Instruction.Call.Exchange(Kind kind, List<Exchanged> parts, boolean beside) ->
                    kind.name().toLowerCase(Locale.ROOT) + " over ranks" + (beside ? " beside" : "") + ": "
                    + parts.stream().map(part -> region(part.region()) + " " + part.count() + " "
                    + part.element()).collect(Collectors.joining(", "));
            case Instruction.Call.Awaited() -> "ranks awaited";
        };
    }

    private String argument(Object argument) {
        return switch (argument) {
            case Region region -> region(region);
            case Long number -> number + "L";
            case Float number -> number + "f";
            default -> argument.toString();
        };
    }

    private String region(Region region) {
        String name = names.computeIfAbsent(region.buffer(), buffer -> {
            int number = buffersOfName.merge(buffer.name(), 1, Integer::sum);
            return "[" + buffer.name() + (number > 1 ? " " + number : "");
        });
        return name + (region.offset() > 0 ? " +" + region.offset() : "") + "]";
    }
}
