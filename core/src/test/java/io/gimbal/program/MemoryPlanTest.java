package io.gimbal.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.GradNorm;
import io.gimbal.config.Config;
import io.gimbal.device.Alignment;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.device.Precision;
import io.gimbal.engine.Criterion;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.StepPlan;
import io.gimbal.engine.TrainingStep;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.model.NetworkReader;
import io.gimbal.nn.Layer;
import io.gimbal.nn.Layers;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.Schedule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
    private static final long ARENA = 1L << 40;

    /** Work that is only planned. */
    private static Instruction touch(List<Buffer> buffers) {
        Instruction.Call kernel = new Instruction.Call.Kernel("file", "kernel", 1, List.of());
        return new Instruction("", buffers, kernel, (device, stream) -> {
            throw new UnsupportedOperationException("these programs are not run");
        });
    }

    private static List<Instruction> randomProgram(SplittableRandom random, List<Buffer> buffers) {
        List<Instruction> program = new ArrayList<>();
        int length = random.nextInt(1, 60);
        for (int i = 0; i < length; i++) {
            List<Buffer> touched = new ArrayList<>();
            for (int k = random.nextInt(1, 5); k > 0; k--) {
                touched.add(buffers.get(random.nextInt(buffers.size())));
            }
            program.add(touch(touched));
        }
        return program;
    }

    private static int first(List<Instruction> program, Buffer buffer) {
        for (int i = 0; i < program.size(); i++) {
            if (program.get(i).buffers().contains(buffer)) {
                return i;
            }
        }
        return -1;
    }

    private static int last(List<Instruction> program, Buffer buffer) {
        return program.size() - 1 - first(program.reversed(), buffer);
    }

    @Test
    void buffersAliveTogetherNeverShareAByte() {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 300; round++) {
            List<Buffer> buffers = new ArrayList<>();
            for (int i = random.nextInt(1, 40); i > 0; i--) {
                buffers.add(Buffer.planned("buffer " + i, random.nextInt(4) == 0 ? random.nextLong(1, 5_000_000_000L)
                        : random.nextLong(1, 3000)));
            }
            List<Instruction> program = randomProgram(random, buffers);
            MemoryPlan plan = new MemoryPlan(program, Set.copyOf(buffers));
            plan.place(ARENA);
            List<Buffer> used = buffers.stream().filter(buffer -> first(program, buffer) >= 0).toList();
            for (Buffer one : used) {
                assertEquals(0, one.address() % Alignment.BYTES);
                assertTrue(one.address() >= ARENA && one.address() + one.bytes() <= ARENA + plan.bytes());
                for (Buffer other : used) {
                    boolean together = one != other && first(program, one) <= last(program, other)
                            && first(program, other) <= last(program, one);
                    boolean apart = one.address() + one.bytes() <= other.address() || other.address()
                            + other.bytes() <= one.address();
                    assertTrue(!together || apart, () -> one.name() + " and " + other.name() + " overlap");
                }
            }
            assertTrue(plan.bytes() >= plan.mostAlive());
        }
    }

    @Test
    void buffersThatFollowEachOtherShareTheirPlace() {
        Buffer first = Buffer.planned("first", 1000);
        Buffer between = Buffer.planned("between", 300);
        Buffer second = Buffer.planned("second", 900);
        List<Instruction> program = List.of(touch(List.of(first)), touch(List.of(first, between)),
                touch(List.of(between, second)));
        MemoryPlan plan = new MemoryPlan(program, Set.of(first, between, second));
        plan.place(ARENA);
        assertEquals(first.address(), second.address());
        assertEquals(1024 + 512, plan.bytes());
        assertEquals(1024 + 512, plan.mostAlive());
    }

    @Test
    void fixedBuffersAreLeftWhereTheyAre() {
        Buffer fixed = Buffer.fixed("fixed", 100, 4096);
        MemoryPlan plan = new MemoryPlan(List.of(touch(List.of(fixed))), new HashSet<>());
        plan.place(ARENA);
        assertEquals(4096, fixed.address());
        assertEquals(0, plan.bytes());
    }

    @Test
    void aBufferWithoutAPlaceIsNamed() {
        Buffer lost = Buffer.planned("lost", 100);
        assertTrue(assertThrows(IllegalStateException.class, lost::address).getMessage().contains("lost"));
    }

    private static void assertTight(String what, NetworkGraph graph, List<Criterion> criteria) {
        try (Device device = Device.open(DeviceKind.SOFT);
                TrainingStep step = new TrainingStep(device, new StepPlan(graph, criteria, GradNorm.withAlpha(1.5),
                        Adam.withRate(1e-3), Schedule.constant(1e-3), Precision.FLOAT32, false))) {
            double ratio = (double) step.arenaBytes() / step.mostAliveBytes();
            System.out.printf("%s: %.1f MB arena, %.3f x what is alive at once, %d nodes%n", what, step.arenaBytes()
                    / 1e6, ratio, step.graphNodes());
            assertTrue(ratio <= 1.1, () -> what + " takes " + ratio + " times what is alive at once");
        }
    }

    private static final List<Criterion> DENSE = List.of(Loss.crossEntropy(13).ignore(255), Loss.l1().ignore(0),
            Loss.cosine().ignore(0));

    @Test
    void theNetworkOfTheRoomsIsLaidOutTightly() {
        Network network = NetworkReader.read(Config.read(Path.of("examples/rooms.json")).object("model"));
        List<Criterion> criteria = new ArrayList<>();
        NetworkGraph graph = network.graph(8);
        for (int task = 0; task < graph.tasks().size(); task++) {
            criteria.add(graph.prediction(task).channels() == 13 ? DENSE.get(0) : DENSE.get(1));
        }
        assertTight("rooms", graph, criteria);
    }

    @Test
    void anEncoderAndDecoderLikeVggIsLaidOutTightly() {
        List<Layer> trunk = new ArrayList<>();
        for (int width : new int[] {16, 32, 64, 64}) {
            for (int i = 0; i < 2; i++) {
                trunk.addAll(List.of(Layers.conv2d(width, 3).padding(1).withoutBias(), Layers.batchNorm(),
                        Layers.relu()));
            }
            trunk.add(Layers.maxPool(2));
        }
        for (int width : new int[] {64, 32, 16}) {
            trunk.addAll(List.of(Layers.upsampleNearest(2), Layers.conv2d(width, 3).padding(1).withoutBias(),
                    Layers.batchNorm(), Layers.relu()));
        }
        Network network = Network.ofImages(3, 64, 96).trunk(trunk);
        int[] channels = {13, 1, 3};
        for (int task = 0; task < channels.length; task++) {
            network = network.head("task" + task, Layers.conv2d(16, 3).padding(1), Layers.relu(),
                    Layers.conv2d(channels[task], 1));
        }
        assertTight("VGG-like", network.graph(4), DENSE);
    }
}
