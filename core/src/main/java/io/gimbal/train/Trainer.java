package io.gimbal.train;

import io.gimbal.balance.FixedWeights;
import io.gimbal.checkpoint.Checkpoint;
import io.gimbal.checkpoint.DataMeaning;
import io.gimbal.checkpoint.Progress;
import io.gimbal.checkpoint.StartValues;
import io.gimbal.config.Counts;
import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.data.Batch;
import io.gimbal.data.BatchPipeline;
import io.gimbal.data.DataSet;
import io.gimbal.data.Slot;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Event;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Precision;
import io.gimbal.device.Stream;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.engine.Balancing;
import io.gimbal.engine.BatchLayout;
import io.gimbal.engine.Criterion;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.StepPlan;
import io.gimbal.engine.StepRecord;
import io.gimbal.engine.StepState;
import io.gimbal.engine.TrainingStep;
import io.gimbal.graph.Shape;
import io.gimbal.loss.ClassNumbers;
import io.gimbal.loss.Loss;
import io.gimbal.loss.TaskSpec;
import io.gimbal.model.Network;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.Schedule;
import io.gimbal.optimizer.TrainingOptimizer;
import io.gimbal.program.Peers;
import io.gimbal.storage.Uninterrupted;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Trains a network on a device: takes batches from any iterator or publisher or from a {@link BatchPipeline}, and hands
 * out what each step did. It prints nothing. Of steps that were rejected and of tasks without a label {@code train}
 * warns at its end, by the {@link System.Logger} of this class's name.
 *
 * <p>Steps run behind the caller: a step's record arrives some steps later, and by {@link #drain} at the latest. Owns
 * its device memory; closing the device closes it.
 *
 * <p>For one thread: it belongs to the one that uses it first after it was built, until that thread ends or calls
 * {@link #handOver}; others are refused by name with an {@link IllegalStateException}. Any thread may close it while no
 * call is under way. Several trainers may be on one device, each with a thread of its own.
 */
public final class Trainer implements AutoCloseable {
    /** Batches in page-locked memory: two on their way to the device, two being made. */
    private static final int SLOTS = 4;
    private static final int MOST_ON_THEIR_WAY = 2;
    private static final int ABSENT = -1;
    private static final System.Logger LOGGER = System.getLogger(Trainer.class.getName());

    private final Device device;
    private final Network network;
    private final Precision precision;
    private final List<TaskSpec> tasks;
    private final TrainingStep step;
    private final int moments;
    private final ThreadConfinement confinement;
    private final PinnedMemory[] host = new PinnedMemory[SLOTS];
    private final List<Slot> slots = new ArrayList<>();
    private final Event[] uploaded = new Event[SLOTS];
    private final Deque<Integer> onTheirWay = new ArrayDeque<>();
    /** Records that were read back, but that no one was told of, since the listener threw at one before them. */
    private final Deque<StepRecord> untold = new ArrayDeque<>();
    private final RejectedSteps rejected;
    private final LabelledTasks labelled;
    private final Event written;
    private final Event taken;
    private final DeviceMemory[] targets;
    private final String[] targetTitles;
    private InferenceStep inference;
    /** The pipeline whose data were found to fit the tasks. */
    private BatchPipeline fitting;
    /** Whether the device was given a step since the host last waited for it. */
    private boolean busy;
    private long starved;
    private boolean warnedOfUnlabelled;

    private Trainer(Builder builder) {
        device = builder.device;
        network = builder.network;
        precision = builder.precision;
        tasks = builder.orderedTasks();
        NetworkGraph graph = builder.network.graph(builder.batch);
        List<Criterion> criteria = List.copyOf(tasks.stream().map(TaskSpec::loss).toList());
        Schedule schedule = builder.schedule == null ? Schedule.constant(builder.optimizer.rate()) : builder.schedule;
        StepPlan plan = new StepPlan(graph, criteria, builder.balancing, builder.optimizer, schedule, builder.precision,
                false, builder.diagnose, builder.seed, builder.epochSteps, builder.average);
        step = new TrainingStep(device, plan, builder.planned, builder.peers);
        moments = builder.optimizer.moments();
        confinement = step.confinement();
        rejected = new RejectedSteps(tasks, plan::measuresIn);
        labelled = new LabelledTasks(tasks);
        targets = new DeviceMemory[tasks.size()];
        targetTitles = tasks.stream().map(task -> "targets of task " + Names.quote(task.name()))
                .toArray(String[]::new);
        try {
            written = step.keep(device.newEvent());
            taken = step.keep(device.newEvent());
            step.model().initialize(builder.seed);
            for (int slot = 0; slot < SLOTS; slot++) {
                host[slot] = step.keep(device.allocatePinned(step.layout().bytes()));
                uploaded[slot] = step.keep(device.newEvent());
            }
            cutSlots();
        } catch (RuntimeException | Error e) {
            confinement.closeAfter(e);
            throw e;
        }
        confinement.handOver();
    }

    /**
     * Starts the description of a trainer.
     *
     * @param device  where it trains, which stays the caller's
     * @param network what learns
     * @return a description, to which each head's task must be added
     */
    public static Builder of(Device device, Network network) {
        return new Builder(device, network);
    }

    /** What a trainer is made of; all but the tasks has a default. */
    public static final class Builder {
        private final Device device;
        private final Network network;
        private final Map<String, TaskSpec> tasks = new LinkedHashMap<>();
        private Balancing balancing = FixedWeights.equal();
        private TrainingOptimizer optimizer = Adam.withRate(1e-3);
        private Schedule schedule;
        private Precision precision = Precision.FLOAT32;
        private Runnable planned = () -> { };
        private boolean diagnose;
        private int batch = 8;
        private long seed = 1;
        private int epochSteps;
        private OptionalDouble average = OptionalDouble.empty();
        private Peers peers = Peers.NONE;

        private Builder(Device device, Network network) {
            this.device = Objects.requireNonNull(device, "device is null");
            this.network = Objects.requireNonNull(network, "network is null");
        }

        /**
         * The loss of a head's task, whose target is the field of its own name.
         *
         * @param name the head's
         * @param loss of what the head leaves
         * @return this builder
         */
        public Builder task(String name, Loss loss) {
            return task(new TaskSpec(name, loss, name));
        }

        /**
         * A task whose target may be another field of the data than its own name.
         *
         * @param task the head's name, its loss, and its field
         * @return this builder
         * @throws UserException if there is a loss for that task already, or another task of that field
         */
        public Builder task(TaskSpec task) {
            Objects.requireNonNull(task, "task is null");
            if (tasks.containsKey(task.name())) {
                throw new UserException("task " + Names.quote(task.name()) + " has a loss already; each task has one.");
            }
            tasks.values().stream().filter(other -> other.field().equals(task.field())).findFirst().ifPresent(other -> {
                throw new UserException("the tasks " + Names.quote(other.name()) + " and " + Names.quote(task.name())
                        + " both read the field " + Names.quote(task.field()) + "; each field is read by one task.");
            });
            tasks.put(task.name(), task);
            return this;
        }

        /**
         * Equal weights by default.
         *
         * @param rule how the tasks are kept in step
         * @return this builder
         */
        public Builder balancing(Balancing rule) {
            balancing = Objects.requireNonNull(rule, "balancing is null");
            return this;
        }

        /**
         * Whether each step's record has a {@link io.gimbal.engine.Diagnosis}; not by default.
         *
         * @param each whether it has one
         * @return this builder
         */
        public Builder diagnose(boolean each) {
            diagnose = each;
            return this;
        }

        /**
         * Adam at 1e-3 by default.
         *
         * @param method how the parameters move
         * @return this builder
         */
        public Builder optimizer(TrainingOptimizer method) {
            optimizer = Objects.requireNonNull(method, "optimizer is null");
            return this;
        }

        /**
         * The optimiser's own rate at every step by default.
         *
         * @param curve the learning rate at each step
         * @return this builder
         */
        public Builder schedule(Schedule curve) {
            schedule = Objects.requireNonNull(curve, "schedule is null");
            return this;
        }

        /**
         * float32 by default.
         *
         * @param kind what activations, cotangents and factors of products are in memory
         * @return this builder
         */
        public Builder precision(Precision kind) {
            precision = Objects.requireNonNull(kind, "precision is null");
            return this;
        }

        /**
         * Examples a step; 8 by default.
         *
         * @param size at least 1
         * @return this builder
         */
        public Builder batch(int size) {
            Counts.atLeast("batch", size, 1);
            batch = size;
            return this;
        }

        /**
         * What the start values and the steps' random numbers come from; 1 by default.
         *
         * @param value any number
         * @return this builder
         */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /**
         * How many steps an epoch has, for balancing or a schedule that goes by epochs.
         *
         * @param steps at least 1
         * @return this builder
         */
        public Builder epochSteps(int steps) {
            Counts.atLeast("epochSteps", steps, 1);
            epochSteps = steps;
            return this;
        }

        /**
         * Keeps an exponential moving average of the parameters and running statistics, as {@link StepPlan} describes
         * it, which {@link Trainer#inference} then reads; none by default.
         *
         * @param most how much of it a step leaves at most, from 0 to below 1: 0.999
         * @return this builder
         */
        public Builder average(double most) {
            average = OptionalDouble.of(Range.BELOW_ONE.check("average", most));
            return this;
        }

        /**
         * The ranks that train together, one a process and device; none by default. Each builds a trainer alike, with
         * {@link #batch} saying how many examples of a step are its own, and takes its own part of every batch (as by
         * {@link io.gimbal.data.Sampler#part}): losses, gradients, weights and parameters are those of the whole batch,
         * and the same on all ranks bit for bit. All must take the same steps.
         *
         * @param ranks joined by a communicator, which must stay open as long as the trainer
         * @return this builder
         */
        public Builder peers(Peers ranks) {
            peers = Objects.requireNonNull(ranks, "peers is null");
            return this;
        }

        /**
         * What is run after each convolution is planned, which on a device that has not seen it takes time.
         *
         * @param listener is run by the thread that builds
         * @return this builder
         */
        public Builder planned(Runnable listener) {
            planned = Objects.requireNonNull(listener, "planned is null");
            return this;
        }

        /**
         * Builds the step and captures it.
         *
         * @return a trainer, which belongs to the first thread that uses it, and is to be closed
         */
        public Trainer build() {
            return new Trainer(this);
        }

        private List<TaskSpec> orderedTasks() {
            if (!tasks.keySet().equals(Set.copyOf(network.tasks()))) {
                throw new UserException("the network has heads for " + Names.list(network.tasks())
                        + ", but there are losses for " + Names.list(tasks.keySet()) + "; each head needs its task");
            }
            return network.tasks().stream().map(tasks::get).toList();
        }
    }

    /** {@return the tasks in the order of their heads} */
    public List<TaskSpec> tasks() {
        return tasks;
    }

    /** {@return what is trained, as it was described} */
    public Network network() {
        return network;
    }

    /** {@return what activations and the factors of products are in memory} */
    public Precision precision() {
        return precision;
    }

    /** {@return the captured step: its graph, memory and layout} */
    public TrainingStep step() {
        return step;
    }

    /**
     * Trains on batches from an iterator until it ends or that many steps are done, and waits for the last. Where the
     * iterator or the listener throws, the steps that were launched count, and the trainer may be used on.
     *
     * @param batches  each of the size that the trainer was built for
     * @param steps    how many at most
     * @param listener is told what each step did, in order and once. What it could not be told since it threw, the next
     *                 call of this method tells first, or {@link #poll} and {@link #drain} return first
     * @throws DivergedException        after 20 steps in a row whose losses or norms were not finite
     * @throws TrainingStoppedException if the thread is interrupted: after the step under way, and with all records
     *                                  told; it stays marked as interrupted
     */
    public void train(Iterator<Examples> batches, long steps, Consumer<StepRecord> listener) {
        try (Call _ = confinement.enter()) {
            trainAll(batches, steps, listener);
        }
    }

    /**
     * The same on batches that a publisher gives, in whatever thread; this one waits for them. No more are asked for
     * than are trained on, and at most two before they are taken. A batch's arrays must not change once it was given.
     * At the end, whatever that is, the subscription is cancelled. What the publisher fails by is thrown behind the
     * batches that it gave before: as it is, or where it is checked as the cause of an {@link IllegalStateException}.
     *
     * @param batches  gives batches of the size that the trainer was built for
     * @param steps    how many at most
     * @param listener as with an iterator
     * @throws DivergedException        as with an iterator
     * @throws TrainingStoppedException likewise, also while it waits for a batch
     */
    public void train(Flow.Publisher<? extends Examples> batches, long steps, Consumer<StepRecord> listener) {
        try (Call _ = confinement.enter(); PublishedBatches arriving = new PublishedBatches(steps)) {
            if (steps > 0) {
                batches.subscribe(arriving);
            }
            trainAll(arriving, steps, listener);
        }
    }

    private void trainAll(Iterator<Examples> batches, long steps, Consumer<StepRecord> listener) {
        long before = rejected.all();
        try {
            for (long k = 0; k < steps && batches.hasNext(); k++) {
                stopIfInterrupted(listener);
                Examples examples = Objects.requireNonNull(batches.next(), "the iterator of batches gave null");
                int slot = (int) (step.submitted() % SLOTS);
                // Slots go round: the one that comes now was given to the copies longest ago.
                while (onTheirWay.contains(slot)) {
                    awaitOldest();
                }
                write(examples, slot);
                submit(slot);
                tell(listener, this::poll);
            }
            tell(listener, this::drain);
        } catch (RuntimeException | Error failure) {
            awaitUploads(failure);
            throw failure;
        }
        // These slots were never a pipeline's, so that none may be handed back to the next one.
        onTheirWay.clear();
        if (rejected.all() > before) {
            LOGGER.log(System.Logger.Level.WARNING, rejections().orElseThrow());
        }
        if (!warnedOfUnlabelled && unlabelled().isPresent()) {
            warnedOfUnlabelled = true;
            LOGGER.log(System.Logger.Level.WARNING, unlabelled().orElseThrow());
        }
    }

    private void stopIfInterrupted(Consumer<StepRecord> listener) {
        if (Thread.currentThread().isInterrupted()) {
            tell(listener, this::drain);
            throw new TrainingStoppedException("training was stopped by an interrupt after " + step.submitted()
                    + " steps", step.submitted());
        }
    }

    /** A pipeline may fill the slots anew once this is done. */
    private void awaitUploads(Throwable failure) {
        try {
            while (!onTheirWay.isEmpty()) {
                awaitOldest();
            }
        } catch (RuntimeException another) {
            failure.addSuppressed(another);
            onTheirWay.clear();
        }
    }

    /**
     * Hands on what {@link #poll} or {@link #drain} finds, and when they find that training has diverged, what led
     * there. What a listener that throws is not told any more is kept for the next reading.
     */
    private void tell(Consumer<StepRecord> listener, Supplier<List<StepRecord>> reading) {
        DivergedException diverged = null;
        try {
            untold.addAll(reading.get());
        } catch (DivergedException failure) {
            untold.addAll(failure.records());
            diverged = failure;
        }
        try {
            tellUntold(listener);
        } catch (RuntimeException | Error failure) {
            if (diverged == null) {
                throw failure;
            }
            diverged.addSuppressed(failure);
        }
        if (diverged != null) {
            throw diverged;
        }
    }

    private void tellUntold(Consumer<StepRecord> listener) {
        while (!untold.isEmpty()) {
            listener.accept(untold.remove());
        }
    }

    /**
     * Trains one step on the pipeline's next batch, whose slots are {@link #slots}. The host does not wait for the
     * step. Before batches come from elsewhere, {@link #settle} gives the last slots back.
     *
     * @param pipeline gives its batches in order
     * @return the batch that was launched: where its examples stand in the data
     * @throws UserException if the pipeline's data set does not fit the tasks: a field's kind, classes, channels or
     *                       unlabelled value, or the images' size; or if it writes into other slots
     */
    public Batch advance(BatchPipeline pipeline) {
        try (Call _ = confinement.enter()) {
            if (pipeline != fitting) {
                check(pipeline);
                fitting = pipeline;
            }
            while (onTheirWay.size() >= MOST_ON_THEIR_WAY || (!onTheirWay.isEmpty()
                    && uploaded[onTheirWay.peek()].done())) {
                pipeline.release(awaitOldest());
            }
            Batch batch = pipeline.next();
            starved += busy && step.idle() ? 1 : 0;
            submit(batch.slot());
            busy = true;
            return batch;
        }
    }

    /**
     * {@return how many steps by {@link #advance(BatchPipeline)} had a batch that came so late that the device had
     * nothing left to do} Steps right behind a {@link #drain} or {@link #state} do not count, as there the host has
     * waited.
     */
    public long starvedSteps() {
        return starved;
    }

    /**
     * Waits for all uploads and gives every slot back to the pipeline that they came from.
     *
     * @param pipeline the one that batches came from last
     */
    public void settle(BatchPipeline pipeline) {
        try (Call _ = confinement.enter()) {
            while (!onTheirWay.isEmpty()) {
                pipeline.release(awaitOldest());
            }
        }
    }

    private void check(BatchPipeline pipeline) {
        for (int k = 0; k < pipeline.buffers().size(); k++) {
            if (k >= slots.size() || pipeline.buffers().get(k) != slots.get(k)) {
                throw new UserException("the pipeline writes into slots of its own; give it this trainer's, slots()");
            }
        }
        Shape input = step.layout().input();
        DataSet data = pipeline.data();
        if (!TaskFields.fits(input, data)) {
            throw new UserException("the network takes " + input.describe() + ", but the data set has images of "
                    + TaskFields.describe(data));
        }
        TaskFields.check(data, step.graph(), tasks);
    }

    private int awaitOldest() {
        int slot = onTheirWay.remove();
        uploaded[slot].synchronize();
        return slot;
    }

    /**
     * Trains one step on a batch that lies on the device. The step waits for what {@code writer} holds now, which may
     * be what fills the batch; later work in {@code writer} waits until the batch has been taken in and may change. The
     * host waits for nothing. Call {@link #poll} now and then: what 255 steps did is kept.
     *
     * @param batch  of the size that the trainer was built for
     * @param writer a stream of the trainer's device
     * @throws UserException         if a part is missing or of another size than the network wants
     * @throws IllegalStateException if the last 255 steps' records have not been read back
     */
    public void advance(DeviceExamples batch, Stream writer) {
        try (Call _ = confinement.enter()) {
            BatchLayout layout = step.layout();
            checkBytes("inputs", batch.inputs(), layout.inputBytes());
            for (int task = 0; task < targets.length; task++) {
                targets[task] = batch.targets().get(tasks.get(task).name());
                checkBytes(targetTitles[task], targets[task], layout.targetBytes(task));
            }
            if (batch.targets().size() > targets.length) {
                throw unread("targets", batch.targets(), step.graph().tasks());
            }
            written.record(writer);
            step.submit(batch.inputs(), written, taken, targets);
            writer.waitFor(taken);
        }
    }

    private static void checkBytes(String what, DeviceMemory memory, long due) {
        if (memory == null) {
            throw new UserException("a batch has no " + what + "; " + due + " bytes are due");
        }
        if (memory.bytes() != due) {
            throw new UserException("a batch has " + memory.bytes() + " bytes of " + what + " where " + due
                    + " are due");
        }
    }

    /**
     * Lets later work in a stream wait until every step so far is done, so that it sees the parameters that they left;
     * the host goes on.
     *
     * @param stream of the trainer's device
     */
    public void awaitIn(Stream stream) {
        step.awaitIn(stream);
    }

    private void submit(int slot) {
        step.submit(host[slot], 0, uploaded[slot]);
        onTheirWay.add(slot);
    }

    /**
     * What finished steps did since the last call; never waits.
     *
     * @return the records, in the steps' order
     * @throws DivergedException after 20 steps in a row whose losses or norms were not finite; it has what they did
     */
    public List<StepRecord> poll() {
        try (Call _ = confinement.enter()) {
            return observed(step.pollRecords());
        }
    }

    /**
     * Waits for all steps; what they did since the last call.
     *
     * @return the records, in the steps' order
     * @throws DivergedException as {@link #poll} does
     */
    public List<StepRecord> drain() {
        try (Call _ = confinement.enter()) {
            busy = false;
            return observed(step.drainRecords());
        }
    }

    private List<StepRecord> observed(List<StepRecord> fresh) {
        List<StepRecord> records = new ArrayList<>(untold);
        untold.clear();
        labelled.observe(fresh);
        try {
            rejected.observe(fresh);
        } catch (DivergedException diverged) {
            throw diverged.behind(records);
        }
        records.addAll(fresh);
        return records;
    }

    /** {@return how many steps were not finite and changed nothing} */
    public long rejectedSteps() {
        return rejected.all();
    }

    /**
     * {@return how many steps were rejected, and what was at fault: the tasks, and the first of the values in inputs or
     * targets that may not stand there, with its step and its example; a part of a sentence}
     * Empty where no step was.
     */
    public Optional<String> rejections() {
        return rejected.describe();
    }

    /**
     * Looks whether anything was learned. Reads no records: {@link #drain} comes first.
     *
     * @throws DivergedException if there were steps, and every one was rejected
     */
    public void requireAcceptedSteps() {
        rejected.requireAccepted();
    }

    /**
     * {@return the tasks that had no label in any step read back since the trainer was built: nothing trained their
     * heads}
     * Empty before the first.
     */
    public List<String> unlabelledTasks() {
        return labelled.without();
    }

    /** {@return {@link #unlabelledTasks} in a sentence; empty where there is none} */
    public Optional<String> unlabelled() {
        return labelled.describe();
    }

    /**
     * {@return room for batches in page-locked memory, by the fields that the tasks read; for a {@link BatchPipeline}}
     */
    public List<Slot> slots() {
        confinement.require();
        return List.copyOf(slots);
    }

    private void cutSlots() {
        BatchLayout layout = step.layout();
        for (int slot = 0; slot < SLOTS; slot++) {
            Map<String, ByteBuffer> targets = new HashMap<>();
            for (int task = 0; task < tasks.size(); task++) {
                targets.put(tasks.get(task).field(), slice(slot, layout.targetOffset(task), layout.targetBytes(task)));
            }
            slots.add(new Slot(slice(slot, 0, layout.inputBytes()), targets));
        }
    }

    private ByteBuffer slice(int slot, long start, long bytes) {
        return host[slot].buffer().slice(Math.toIntExact(start), Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
    }

    private void write(Examples examples, int slot) {
        BatchLayout layout = step.layout();
        check("inputs", examples.inputs().length, layout.input().elements());
        refuseUnread("values", examples.values(), false);
        refuseUnread("classes", examples.classes(), true);
        slice(slot, 0, layout.inputBytes()).asFloatBuffer().put(examples.inputs());
        for (int i = 0; i < tasks.size(); i++) {
            TaskSpec task = tasks.get(i);
            ByteBuffer target = slice(slot, layout.targetOffset(i), layout.targetBytes(i));
            long words = layout.targetBytes(i) / Float.BYTES;
            if (layout.target(i).ofClasses()) {
                int[] classes = examples.classes().get(task.name());
                check("classes of task " + Names.quote(task.name()), classes == null ? ABSENT : classes.length, words);
                ClassNumbers.check("task " + Names.quote(task.name()), task.loss(), classes);
                target.asIntBuffer().put(classes);
            } else {
                float[] values = examples.values().get(task.name());
                check("values of task " + Names.quote(task.name()), values == null ? ABSENT : values.length, words);
                target.asFloatBuffer().put(values);
            }
        }
    }

    private void refuseUnread(String what, Map<String, ?> targets, boolean classes) {
        List<String> read = IntStream.range(0, tasks.size())
                .filter(task -> step.layout().target(task).ofClasses() == classes)
                .mapToObj(task -> tasks.get(task).name()).toList();
        if (!read.containsAll(targets.keySet())) {
            throw unread(what, targets, read);
        }
    }

    private static UserException unread(String what, Map<String, ?> targets, List<String> read) {
        String name = targets.keySet().stream().filter(key -> !read.contains(key)).findFirst().orElseThrow();
        return new UserException("a batch has " + what + " of " + Names.quote(String.valueOf(name))
                + ", which no task reads." + Names.hint(String.valueOf(name), read) + " Tasks with " + what + ": "
                + Names.list(read) + ".");
    }

    private static void check(String what, long present, long due) {
        if (present == ABSENT) {
            throw new UserException("a batch has no " + what + "; " + due + " are due");
        }
        if (present != due) {
            throw new UserException("a batch has " + present + " " + what + " where " + due + " are due");
        }
    }

    /**
     * The network for predictions, with the parameters as they are when it runs, or their average where that is kept.
     * It ends with the trainer. For one thread, the trainer's or another: each
     * of several makes its own, {@code new InferenceStep(device, step().model(), step().graph())}.
     *
     * @return a step that is made once, and is the same at every call until it is closed
     */
    public InferenceStep inference() {
        try (Call _ = confinement.enter()) {
            if (inference == null || inference.closed()) {
                inference = new InferenceStep(device, step.model(), step.graph());
            }
            return inference;
        }
    }

    /**
     * All that the next step depends on besides its batch. Waits for the device.
     *
     * @return a copy, on the host
     */
    public StepState state() {
        try (Call _ = confinement.enter()) {
            busy = false;
            return step.state();
        }
    }

    /**
     * Takes these in place of the start values from the seed.
     *
     * @param start of a network with the same parameters
     * @throws IllegalStateException after the first step
     */
    public void startFrom(StartValues start) {
        try (Call _ = confinement.enter()) {
            if (step.submitted() > 0) {
                throw new IllegalStateException("start values come before the first step; " + step.submitted()
                        + " are done");
            }
            step.model().write(start.over(step.model().read()));
        }
    }

    /**
     * Goes on from a state. What earlier steps did and nobody was told of is dropped.
     *
     * @param state of a trainer of the same network, tasks, balancing and optimiser
     */
    public void set(StepState state) {
        try (Call _ = confinement.enter()) {
            step.set(state);
            untold.clear();
            rejected.restart(state.counters());
        }
    }

    /**
     * Writes {@link #state} into a safetensors file, whole or not at all, in the place of what is there. An interrupt
     * of the thread does not break it off, so that a training which one has stopped can be kept. Waits for the device.
     *
     * @param file is replaced if it is there
     * @throws UserException if it cannot be written; what was there stays
     */
    public void save(Path file) {
        try (Call _ = confinement.enter()) {
            StepState now = state();
            Checkpoint checkpoint = new Checkpoint(now, Progress.without(now.counters()[0]));
            Uninterrupted.run(() -> checkpoint.write(file, step.model(), step.balanceRows(), DataMeaning.UNKNOWN));
        }
    }

    /**
     * Goes on from a file that {@link #save} wrote, or from a run's checkpoint, as {@link #set} does: the next steps
     * are to the bit those of the trainer that wrote it, if both were built alike.
     *
     * @param file to be read
     * @throws UserException if it is none, is damaged, or is of another network, optimiser or balancing; names what
     *                       differs, and changes nothing
     */
    public void resume(Path file) {
        try (Call _ = confinement.enter()) {
            set(Uninterrupted.get(() -> Checkpoint.read(file, step.model(), moments, step.balanceRows())).state());
        }
    }

    /**
     * Goes on from what rank 0 goes on from: its parameters, moments, statistics and balancing. All ranks must call it
     * at once, and before the first step do. Waits for the device; does nothing where there is one rank.
     */
    public void takeFromFirstRank() {
        try (Call _ = confinement.enter()) {
            step.takeFromFirstRank();
            untold.clear();
            rejected.restart(step.state().counters());
        }
    }

    /** Gives the trainer up: it belongs to the thread that uses it next. For threads that do not end, as in a pool. */
    public void handOver() {
        confinement.handOver();
    }

    /**
     * Waits for the device's work and gives everything back; every inference step over the model, and what {@link
     * #slots} gave, ends with the trainer. Closing again does nothing.
     *
     * @throws IllegalStateException if a call of the trainer or of such an inference step is under way; nothing is
     *                               closed then
     */
    @Override
    public void close() {
        step.close();
    }
}
