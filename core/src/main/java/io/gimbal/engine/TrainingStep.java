package io.gimbal.engine;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Event;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Resources;
import io.gimbal.device.Stream;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.dnn.ConvolutionPlanner;
import io.gimbal.dnn.TimedPlanner;
import io.gimbal.program.Peers;
import io.gimbal.program.Program;
import io.gimbal.program.ProgramBuilder;
import java.util.List;
import java.util.Optional;

/**
 * A training step as one CUDA graph: forward, losses, the fused backward pass, balancing and the optimiser. {@link
 * #submit} uploads a batch on a stream of its own and launches the graph; the host waits for nothing. What the steps
 * did is read back now and then.
 *
 * <p>Owns its device memory, streams and events; closing the device closes it. For one thread: it belongs to the one
 * that uses it first after it was built, until that thread ends or calls {@link #handOver}, and refuses others by name
 * ({@link ThreadConfinement}). Any thread may close it while no call is under way; what was handed out ends with it.
 */
public final class TrainingStep implements AutoCloseable {
    private final NetworkGraph graph;
    private final BatchLayout layout;
    private final Resources resources = new Resources();
    private final ThreadConfinement confinement;
    private final Stream compute;
    private final Stream copies;
    private final TimedPlanner convolutions;
    private final ModelMemory model;
    private final StepMemory memory;
    private final Program program;
    /** For steps that do not measure what the balancing measures; null where there are none. */
    private final Program resting;
    private final StepPlan plan;
    private final Peers peers;
    private final StepRecords records;
    private final Event[] consumed = new Event[StepLayout.SLOTS];
    private long submitted;
    private boolean profiled;

    /**
     * Builds and captures the step.
     *
     * @param device where it runs
     * @param plan   what it is made of
     */
    public TrainingStep(Device device, StepPlan plan) {
        this(device, plan, () -> { });
    }

    /**
     * Builds and captures the step.
     *
     * @param device  where it runs
     * @param plan    what it is made of
     * @param planned is run after each convolution is planned: on a device that has not seen it, engines are timed
     */
    public TrainingStep(Device device, StepPlan plan, Runnable planned) {
        this(device, plan, planned, Peers.NONE);
    }

    /**
     * Builds and captures one rank's part of a step. Each rank is given its own examples of every batch, and the plan
     * is for so many; losses, norms, weights and parameters are those of the whole batch, the same on all ranks bit for
     * bit. Every rank must build, submit and close alike: what the device does waits for the other ranks.
     *
     * @param device  where it runs
     * @param plan    what it is made of, the same on all ranks
     * @param planned is run after each convolution is planned
     * @param peers   the ranks; their communicator must stay open as long as the step. What it leaves once they are no
     *                longer joined is never handed out: reading it throws an {@link IllegalStateException} that says
     *                why
     */
    public TrainingStep(Device device, StepPlan plan, Runnable planned, Peers peers) {
        this.plan = plan;
        this.peers = peers;
        this.graph = plan.graph();
        this.layout = new BatchLayout(graph, plan.criteria());
        this.confinement = new ThreadConfinement(device, "the training step", this::release);
        try (Call _ = confinement.enter()) {
            compute = resources.keep(device.newStream());
            copies = resources.keep(device.newStream());
            convolutions = resources.keep(new TimedPlanner(device, compute, plan.precision()));
            model = new ModelMemory(device, compute, confinement, graph, plan.precision(),
                    plan.average().isPresent());
            resources.keep(model::close);
            memory = resources.keep(new StepMemory(device, plan, model));
            memory.startBalance(plan);
            ProgramBuilder builder = new ProgramBuilder(convolutions.telling(planned), plan.precision(), peers);
            StepProgram.write(builder, plan, model, memory);
            program = resources.keep(builder.build(device, compute));
            resting = resting(device, planned);
            records = resources.keep(new StepRecords(device, compute, memory, plan, layout));
            for (int slot = 0; slot < StepLayout.SLOTS; slot++) {
                consumed[slot] = resources.keep(device.newEvent());
            }
        } catch (RuntimeException | Error e) {
            confinement.closeAfter(e);
            throw e;
        }
        confinement.handOver();
    }

    private Program resting(Device device, Runnable planned) {
        if (!plan.rests()) {
            return null;
        }
        ProgramBuilder builder = new ProgramBuilder(convolutions.telling(planned), plan.precision(), peers);
        StepProgram.writeResting(builder, plan, model, memory);
        return resources.keep(builder.build(device, compute, Optional.of(program)));
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
        try (Call _ = confinement.enter()) {
            copies.copyToDevice(nextSlot(), source, offset, layout.bytes());
            launchBehind(uploaded);
        }
    }

    /**
     * Takes a batch in that lies on the device, and launches a step on it. Parts are as {@link #layout} says, each by
     * itself.
     *
     * @param input   as {@link #layout} says, float32
     * @param written is waited for before anything is read
     * @param taken   is recorded when the parts have been read and may change again
     * @param targets one for each task, in the tasks' order
     * @throws IllegalArgumentException if there is not one part for each task, or one of another size than is due
     * @throws IllegalStateException    as the other throws it
     */
    public void submit(DeviceMemory input, Event written, Event taken, DeviceMemory... targets) {
        try (Call _ = confinement.enter()) {
            if (targets.length != graph.tasks().size()) {
                throw new IllegalArgumentException("there are " + targets.length + " targets where the tasks "
                        + graph.tasks() + " want one each");
            }
            if (input.bytes() != layout.inputBytes()) {
                throw new IllegalArgumentException("the input is " + input + " where " + layout.inputBytes()
                        + " bytes are due");
            }
            for (int task = 0; task < targets.length; task++) {
                if (targets[task].bytes() != layout.targetBytes(task)) {
                    throw new IllegalArgumentException("the target of task '" + graph.tasks().get(task) + "' is "
                            + targets[task] + " where " + layout.targetBytes(task) + " bytes are due");
                }
            }
            long slot = nextSlot();
            copies.waitFor(written);
            copies.copy(slot, input.address(), layout.inputBytes());
            for (int task = 0; task < targets.length; task++) {
                copies.copy(slot + layout.targetOffset(task), targets[task].address(), layout.targetBytes(task));
            }
            launchBehind(taken);
        }
    }

    /** Where the next batch goes; later work in the copies' stream waits until that place is free. */
    private long nextSlot() {
        requireSteps();
        records.makeSure(submitted + 1);
        int slot = (int) (submitted % StepLayout.SLOTS);
        copies.waitFor(consumed[slot]);
        return memory.slots().address() + slot * layout.bytes();
    }

    private void launchBehind(Event arrived) {
        arrived.record(copies);
        compute.waitFor(arrived);
        boolean rests = resting != null && !plan.measuresIn(submitted);
        (rests ? resting : program).launch();
        consumed[(int) (submitted % StepLayout.SLOTS)].record(compute);
        submitted++;
        records.launched(submitted);
    }

    /** {@return what the balancing keeps from step to step: what may stand in {@link StepState#balance}} */
    public List<StateRow> balanceRows() {
        return memory.rows();
    }

    /**
     * Lets later work in a stream wait until every step that was submitted so far is done; the host goes on.
     *
     * @param stream of the step's device
     */
    public void awaitIn(Stream stream) {
        try (Call _ = confinement.enter()) {
            if (submitted > 0) {
                stream.waitFor(consumed[(int) ((submitted - 1) % StepLayout.SLOTS)]);
            }
        }
    }

    /** {@return whether every step that was submitted is done; never waits} */
    public boolean idle() {
        confinement.require();
        return submitted == 0 || consumed[(int) ((submitted - 1) % StepLayout.SLOTS)].done();
    }

    /**
     * {@return what finished steps did, read back since the last call; asks for more in the background} Never waits.
     */
    public List<StepRecord> pollRecords() {
        try (Call _ = confinement.enter()) {
            return joined(records.poll());
        }
    }

    /** {@return what the steps did since the last reading, once every submitted step is done; waits for that} */
    public List<StepRecord> drainRecords() {
        try (Call _ = confinement.enter()) {
            return joined(records.drain());
        }
    }

    /** What was read, unless the ranks had parted before. */
    private List<StepRecord> joined(List<StepRecord> fresh) {
        peers.requireJoined();
        return fresh;
    }

    /** Waits until every submitted step is done. */
    public void synchronize() {
        try (Call _ = confinement.enter()) {
            compute.synchronize();
            peers.requireJoined();
        }
    }

    /** {@return where the parts of a batch lie in one piece of memory} */
    public BatchLayout layout() {
        return layout;
    }

    /** {@return the network} */
    public NetworkGraph graph() {
        return graph;
    }

    /** {@return the network's parameters and statistics; they change as steps run} */
    public ModelMemory model() {
        return model;
    }

    /** {@return how many steps were submitted, counting those of the state that was set} */
    public long submitted() {
        return submitted;
    }

    /** {@return the size in bytes of the arena that holds all activations, cotangents and workspaces} */
    public long arenaBytes() {
        return program.arenaBytes();
    }

    /** {@return the most arena bytes alive at any one time} */
    public long mostAliveBytes() {
        return program.mostAliveBytes();
    }

    /** {@return how many kernels, products and fills the captured graph has} */
    public long graphNodes() {
        return program.nodes();
    }

    /** {@return how many instructions the step's program has} */
    public int instructions() {
        return program.instructions().size();
    }

    /**
     * What there is to measure of a step.
     *
     * @param program the step itself
     * @param compute the stream that it runs in
     * @param copies  the stream that batches are uploaded in
     * @param slot    where a batch goes on the device
     * @param layout  of a batch
     * @param planner of its convolutions
     */
    public record Inspected(Program program, Stream compute, Stream copies, long slot, BatchLayout layout,
            ConvolutionPlanner planner) {}

    /**
     * Hands out what it is made of, to be run piece by piece, as soon as all steps are done. What runs then are steps
     * that were never submitted, so the step can only be closed afterwards: {@link #submit}, {@link #state} and {@link
     * #set} refuse.
     *
     * @return its parts, which stay the step's
     * @throws IllegalStateException if fewer steps than the device has slots for batches were submitted
     */
    public Inspected inspected() {
        try (Call _ = confinement.enter()) {
            requireSteps();
            if (submitted < StepLayout.SLOTS) {
                throw new IllegalStateException("the step has run " + submitted
                        + " times, and is profiled on what steps leave: at least " + StepLayout.SLOTS
                        + " must be submitted first");
            }
            profiled = true;
            compute.synchronize();
            copies.synchronize();
            return new Inspected(program, compute, copies, memory.slots().address(), layout, convolutions);
        }
    }

    private void requireSteps() {
        if (profiled) {
            throw new IllegalStateException("the step was profiled, which ran steps that were never submitted: it can "
                    + "only be closed; build another one to go on");
        }
    }

    /**
     * All that the next step depends on. Waits for the device.
     *
     * @return a copy, on the host
     */
    public StepState state() {
        try (Call _ = confinement.enter()) {
            requireSteps();
            compute.synchronize();
            peers.requireJoined();
            return memory.read(model);
        }
    }

    /**
     * Goes on from a state that was read before, or starts from given parameters.
     *
     * @param state of a step with the same parameters, tasks, balancing and optimiser
     */
    public void set(StepState state) {
        try (Call _ = confinement.enter()) {
            requireSteps();
            compute.synchronize();
            memory.write(model, state);
            submitted = state.steps();
            records.restart(submitted);
        }
    }

    /**
     * Goes on from what rank 0 goes on from, to the bit. All ranks must call it at once, with no step under way. Waits
     * for the device; does nothing where there is one rank.
     */
    public void takeFromFirstRank() {
        try (Call _ = confinement.enter()) {
            requireSteps();
            peers.broadcast(List.of(model.whole(), memory.state()), compute);
            compute.synchronize();
            peers.requireJoined();
            submitted = memory.read(model).steps();
            records.restart(submitted);
        }
    }

    /** {@return what holds it to one thread} What is built around the step is for the same thread. */
    public ThreadConfinement confinement() {
        return confinement;
    }

    /** Gives the step up: it belongs to the thread that uses it next. For threads that do not end. */
    public void handOver() {
        confinement.handOver();
    }

    /**
     * Takes in a part of what is built around the step; it is closed with it, when the device's work is done.
     *
     * @param <T>  what it is
     * @param part is the step's from now on
     * @return the part
     */
    public <T extends AutoCloseable> T keep(T part) {
        return resources.keep(part);
    }

    /**
     * Waits for the device's work and gives everything back. Inference steps over the model are closed, too. Closing
     * again does nothing.
     *
     * @throws IllegalStateException if a call of this or of such an inference step is under way; nothing is closed then
     */
    @Override
    public void close() {
        model.end().close();
    }

    private void release() {
        resources.keep(() -> awaitLast(copies));
        resources.keep(() -> awaitLast(compute));
        resources.close();
    }

    private static void awaitLast(Stream stream) {
        if (stream != null && !stream.closed()) {
            stream.synchronize();
        }
    }
}
