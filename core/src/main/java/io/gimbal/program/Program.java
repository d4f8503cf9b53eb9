package io.gimbal.program;

import io.gimbal.device.Alignment;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Graph;
import io.gimbal.device.Stream;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A finished program: its arena, and its work captured as one CUDA graph. */
public final class Program implements AutoCloseable {
    private final DeviceMemory arena;
    private final boolean ownArena;
    private final Graph graph;
    private final Stream stream;
    private final long mostAlive;
    private final List<Instruction> instructions;

    Program(Device device, Stream stream, List<Instruction> instructions, Set<Buffer> planned,
            Optional<Program> beside) {
        this.stream = stream;
        this.instructions = List.copyOf(instructions);
        MemoryPlan plan = new MemoryPlan(instructions, planned);
        mostAlive = plan.mostAlive();
        Optional<DeviceMemory> shared = beside.map(other -> other.arena).filter(memory -> memory.bytes()
                >= plan.bytes());
        ownArena = shared.isEmpty();
        arena = shared.orElseGet(() -> device.allocate(Math.max(plan.bytes(), Alignment.BYTES)));
        try {
            plan.place(arena.address());
            warmUp(device, stream, instructions);
            graph = stream.capture(() -> instructions.forEach(instruction -> instruction.enqueue(device, stream)));
        } catch (RuntimeException | Error e) {
            closeArena();
            throw e;
        }
    }

    /**
     * Runs what the libraries do once, so that nothing is allocated or loaded while the stream is captured. It touches
     * the arena and the gradients alone, which hold nothing yet.
     */
    private static void warmUp(Device device, Stream stream, List<Instruction> instructions) {
        instructions.stream().filter(Instruction::library).forEach(instruction -> instruction.enqueue(device, stream));
        stream.synchronize();
    }

    /** Launches the whole program once; the host does not wait. */
    public void launch() {
        stream.launch(graph);
    }

    /** {@return what it does, in order} */
    public List<Instruction> instructions() {
        return instructions;
    }

    /** {@return the arena's size in bytes} */
    public long arenaBytes() {
        return arena.bytes();
    }

    /** {@return the most arena bytes alive at any one time} */
    public long mostAliveBytes() {
        return mostAlive;
    }

    /** {@return how many kernels, products and fills the graph has} */
    public long nodes() {
        return graph.nodes();
    }

    @Override
    public void close() {
        graph.close();
        closeArena();
    }

    private void closeArena() {
        if (ownArena) {
            arena.close();
        }
    }
}
