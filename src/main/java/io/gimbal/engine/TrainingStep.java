package io.gimbal.engine;

import io.gimbal.device.Device;
import io.gimbal.device.Event;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Stream;
import java.util.List;

/**
 * A training step as one CUDA graph: forward, losses, the fused backward pass, balancing and the optimiser. {@link
 * #submit} uploads a batch on a stream of its own and launches the graph; the host waits for nothing. What the steps
 * did is read back now and then.
 *
 * <p>Owns its device memory, streams and events; close it before the device. Not thread-safe.
 */
public final class TrainingStep implements AutoCloseable {
    /** Batches on the device at a time: one is worked on while the next arrives. */
    private static final int SLOTS = 2;

    private final NetworkGraph graph;
    private final BatchLayout layout;
    private final Resources resources = new Resources();
    private final Stream compute;
    private final Stream copies;
    private final Convolutions convolutions;
    private final ModelMemory model;
    private final StepMemory memory;
    private final Program program;
    private final StepRecords records;
    private final Event[] consumed = new Event[SLOTS];
    private long submitted;

    /**
     * Builds and captures the step.
     *
     * @param criteria each task's loss, in the order of {@link NetworkGraph#tasks}
     * @param measure  whether gradient norms are measured even where the balancing does not need them
     */
    public TrainingStep(Device device, NetworkGraph graph, List<Criterion> criteria, Balancing balancing,
            Optimizer optimizer,
                        LearningRate learningRate, boolean measure) {
        this.graph = graph;
        this.layout = new BatchLayout(graph, criteria);
        try {
            compute = resources.keep(device.newStream());
            copies = resources.keep(device.newStream());
            convolutions = resources.keep(new Convolutions(device));
            model = resources.keep(new ModelMemory(device, graph));
            memory = resources.keep(new StepMemory(device, graph, model, layout, SLOTS, optimizer.moments()));
            memory.startBalance(balancing, criteria);
            ProgramBuilder builder = new ProgramBuilder(device, convolutions, Precision.FLOAT32);
            write(builder, criteria, balancing, optimizer, learningRate, measure || balancing.needsNorms());
            program = resources.keep(builder.build(compute));
            records = resources.keep(new StepRecords(device, compute, memory, graph.tasks().size()));
            for (int slot = 0; slot < SLOTS; slot++) {
                consumed[slot] = resources.keep(device.newEvent());
            }
        } catch (RuntimeException e) {
            resources.closeAfter(e);
            throw e;
        }
    }

    private void write(ProgramBuilder builder, List<Criterion> criteria, Balancing balancing, Optimizer optimizer,
            LearningRate learningRate,
                       boolean measure) {
        Region batch = builder.bytes("batch", layout.bytes());
        long words = layout.bytes() / Float.BYTES;
        builder.launch("batch", "select_batch", ProgramBuilder.blocks(words), memory.slots(), batch, words, 0L,
                words, SLOTS, memory.counters());
        learningRate.step(builder, memory.counters(), memory.learningRate());

        ForwardPass forward = new ForwardPass(builder, model, true);
        forward.put(graph.inputValue(), batch);
        graph.operations().forEach(operation -> operation.forward(forward));
        BackwardPass backward = new BackwardPass(forward, graph, measure ? graph.shared() : null);
        for (int task = 0; task < criteria.size(); task++) {
            writeLoss(builder, forward, backward, criteria.get(task), task, batch.plusBytes(layout.targetOffset(task)));
        }
        backward.run();

        Object gram = measure ? backward.finishGram() : ProgramBuilder.NULL;
        balancing.step(builder, new Balancing.BalanceMemory(memory.losses(), memory.counts(), gram, memory.balance(),
                memory.weights(),
                memory.counters(), memory.accepted(), memory.records(), memory.learningRate(), StepMemory.RECORDS,
                        criteria.size()));
        builder.launch("optimizer", "running_statistics", ProgramBuilder.blocks(model.statisticWords()),
                model.running(), model.batch(),
                model.momentum(), (int) model.statisticWords(), memory.accepted());
        optimizer.step(builder, model, memory.moments(), memory.learningRate(), memory.counters(), memory.accepted());
    }

    private void writeLoss(ProgramBuilder builder, ForwardPass forward, BackwardPass backward, Criterion criterion,
            int task, Region target) {
        Value prediction = graph.output(task);
        Region cotangent = backward.target(prediction, task);
        Region count = memory.counts().words(task);
        criterion.count(builder, prediction.shape(), target, count);
        criterion.evaluate(builder, prediction.shape(), forward.at(prediction), target, memory.weights().words(task),
                count,
                memory.losses().words(task), cotangent);
        backward.contribute(prediction, task, cotangent);
    }

    /**
     * Takes a batch in and launches a step on it.
     *
     * @param source   page-locked memory that holds a batch as {@link #layout} says; it may change again once {@code
     *                 uploaded} is done
     * @param offset   where the batch starts in it, in bytes
     * @param uploaded is recorded behind the upload
     * @throws IllegalStateException if the last 255 steps' records have not been read back; nothing is launched then
     */
    public void submit(PinnedMemory source, long offset, Event uploaded) {
        records.makeSure(submitted + 1);
        int slot = (int) (submitted % SLOTS);
        copies.waitFor(consumed[slot]);
        copies.copyToDevice(memory.slots().address() + slot * layout.bytes(), source, offset, layout.bytes());
        uploaded.record(copies);
        compute.waitFor(uploaded);
        program.launch();
        consumed[slot].record(compute);
        submitted++;
        records.launched(submitted);
    }

    /** What finished steps did, read back since the last call; asks for more in the background. Never waits. */
    public List<StepRecord> pollRecords() {
        return records.poll();
    }

    /** Waits until every submitted step is done; what they did since the last reading. */
    public List<StepRecord> drainRecords() {
        return records.drain();
    }

    /** Waits until every submitted step is done. */
    public void synchronize() {
        compute.synchronize();
    }

    public BatchLayout layout() {
        return layout;
    }

    public NetworkGraph graph() {
        return graph;
    }

    /** The network's parameters and statistics; they change as steps run. */
    public ModelMemory model() {
        return model;
    }

    /** How many steps were submitted, counting those of the state that was set. */
    public long submitted() {
        return submitted;
    }

    /** Bytes of the arena that holds all activations, cotangents and workspaces. */
    public long arenaBytes() {
        return program.arenaBytes();
    }

    /** The most arena bytes alive at any one time. */
    public long mostAliveBytes() {
        return program.mostAliveBytes();
    }

    /** How many kernels, products and fills the captured graph has. */
    public long graphNodes() {
        return program.nodes();
    }

    /** All that the next step depends on. Waits for the device. */
    public StepState state() {
        compute.synchronize();
        return memory.read(model);
    }

    /** Goes on from a state that was read before, or starts from given parameters. */
    public void set(StepState state) {
        compute.synchronize();
        memory.write(model, state);
        submitted = state.counters()[0];
        records.restart(submitted);
    }

    @Override
    public void close() {
        compute.synchronize();
        copies.synchronize();
        resources.close();
    }
}
