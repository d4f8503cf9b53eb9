package io.gimbal.engine;

import io.gimbal.config.Names;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Event;
import io.gimbal.device.PinnedMemory;
import io.gimbal.device.Resources;
import io.gimbal.device.Stream;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.device.ThreadConfinement;
import io.gimbal.dnn.TimedPlanner;
import io.gimbal.graph.Shape;
import io.gimbal.program.Buffer;
import io.gimbal.program.Program;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * The forward pass alone, with running statistics, as one CUDA graph. It is over a model's memory, and ends with the
 * model's step; where that memory has averages of the parameters and statistics, it reads these. Several may be over
 * one model, at one time, and predict side by side.
 *
 * <p>For one thread, to which {@link #input}, {@link #run()} and {@link #prediction} are one call: it belongs to the
 * thread that uses it first, until that ends or calls {@link #handOver}, and refuses others by name ({@link
 * ThreadConfinement}). Any thread may close it while no call is under way.
 */
public final class InferenceStep implements AutoCloseable {
    private final NetworkGraph graph;
    private final ModelMemory model;
    private final ThreadConfinement confinement;
    private final Stream stream;
    private final Resources resources = new Resources();
    private final InferenceLayout layout;
    private final Region boundary;
    private final Device device;
    /** What runs next, and what {@link #turn} exchanges it for; that is there when it is asked for first. */
    private PinnedMemory host;
    private PinnedMemory beside;
    private final Program program;
    private final Event ready;
    private final Event done;

    /**
     * Builds and captures it.
     *
     * @param device where the model is
     * @param model  whose parameters it reads, as they are when it runs
     * @param graph  the model's network, of its own batch size or of another
     * @throws IllegalStateException          if the model's step is closed
     * @throws io.gimbal.config.UserException as {@link #requireRoom} throws it
     */
    public InferenceStep(Device device, ModelMemory model, NetworkGraph graph) {
        this(device, model, graph, Optional.empty());
    }

    /**
     * Builds and captures one beside another, such as for a smaller batch: for the same thread, in the same stream and,
     * where that is large enough, in the same memory for activations.
     *
     * @param device where the model is
     * @param model  whose parameters it reads
     * @param graph  the model's network, of a batch size of its own
     * @param larger is over the same model, and lives as long as this: what is run when it is closed is refused
     * @throws IllegalStateException          as the other constructor throws it
     * @throws io.gimbal.config.UserException as {@link #requireRoom} throws it
     */
    public InferenceStep(Device device, ModelMemory model, NetworkGraph graph, InferenceStep larger) {
        this(device, model, graph, Optional.of(larger));
    }

    private InferenceStep(Device device, ModelMemory model, NetworkGraph graph, Optional<InferenceStep> larger) {
        requireRoom(graph);
        this.device = device;
        this.graph = graph;
        this.model = model;
        layout = new InferenceLayout(graph);
        confinement = new ThreadConfinement(device, "the inference step", this::release);
        try (Call _ = confinement.enter()) {
            model.addReader(confinement);
            stream = larger.map(other -> other.stream).orElseGet(() -> resources.keep(device.newStream()));
            TimedPlanner convolutions = resources.keep(new TimedPlanner(device, stream, model.precision()));
            DeviceMemory memory = resources.keep(device.allocate(layout.bytes()));
            boundary = Buffer.fixed("input and predictions", layout.bytes(), memory.address()).region();
            host = resources.keep(device.allocatePinned(layout.bytes()));
            ProgramBuilder builder = new ProgramBuilder(convolutions, model.precision());
            device.upload(boundary.plusBytes(layout.counterOffset()).address(),
                    ByteBuffer.allocateDirect(Long.BYTES));
            InferenceProgram.write(builder, graph, model, boundary);
            program = resources.keep(builder.build(device, stream, larger.map(other -> other.program)));
            ready = resources.keep(device.newEvent());
            done = resources.keep(device.newEvent());
        } catch (RuntimeException | Error e) {
            confinement.closeAfter(e);
            throw e;
        }
        confinement.handOver();
    }

    /**
     * Refuses a network whose batch has more bytes than a buffer on the host holds: the predictions of a class network
     * take more than the labels that it learns from, so that what can be trained is not always predicted.
     *
     * @param graph the network, of the batch size that is meant
     * @throws io.gimbal.config.UserException with the largest batch that fits
     */
    public static void requireRoom(NetworkGraph graph) {
        Shape images = graph.input();
        HostBuffer.requireRoom("images and predictions", images.batch(), examples ->
                new InferenceLayout(graph, examples).bytes());
    }

    private Region predictionOnDevice(int task) {
        return boundary.plusBytes(layout.predictionOffset(task));
    }

    /**
     * Where the caller puts the images (batch, height, width, channels; float32) before {@link #run()}.
     *
     * @return page-locked memory, as large as a batch; its use is refused once the step is closed
     */
    public FloatBuffer input() {
        confinement.require();
        return slice(0, graph.input().elements());
    }

    /** Runs the network on the images in {@link #input}; waits until the predictions are there. */
    public void run() {
        try (Call _ = confinement.enter()) {
            stream.copyToDevice(boundary.address(), host, 0, graph.input().elements() * Float.BYTES);
            program.launch();
            for (int task = 0; task < graph.tasks().size(); task++) {
                stream.copyToHost(host, layout.predictionOffset(task), predictionOnDevice(task).address(),
                        graph.prediction(task).elements() * Float.BYTES);
            }
            stream.synchronize();
        }
    }

    /**
     * Runs the network on images that lie on the device, and leaves the predictions there; the host waits for nothing.
     * It starts behind what {@code caller} holds now, and later work there waits for it. {@link #input} and
     * {@link #prediction} have no part in it.
     *
     * @param images      float32, as {@link #input} has them
     * @param predictions one for each task, in the tasks' order; float32, as {@link #prediction} has them
     * @param caller      a stream of the step's device
     * @throws IllegalArgumentException if a size is another than the network's
     */
    public void run(DeviceMemory images, List<DeviceMemory> predictions, Stream caller) {
        try (Call _ = confinement.enter()) {
            check("the images", images, graph.input());
            if (predictions.size() != graph.tasks().size()) {
                throw new IllegalArgumentException("there is memory for " + predictions.size()
                        + " predictions, and the network has heads for " + Names.list(graph.tasks()));
            }
            for (int task = 0; task < graph.tasks().size(); task++) {
                check("the prediction of task " + Names.quote(graph.tasks().get(task)), predictions.get(task),
                        graph.prediction(task));
            }
            ready.record(caller);
            stream.waitFor(ready);
            stream.copy(boundary.address(), images.address(), images.bytes());
            program.launch();
            for (int task = 0; task < graph.tasks().size(); task++) {
                DeviceMemory prediction = predictions.get(task);
                stream.copy(prediction.address(), predictionOnDevice(task).address(), prediction.bytes());
            }
            done.record(stream);
            caller.waitFor(done);
        }
    }

    private static void check(String what, DeviceMemory memory, Shape shape) {
        long due = shape.elements() * Float.BYTES;
        if (memory.bytes() != due) {
            throw new IllegalArgumentException(what + ": " + memory + " where " + due + " bytes are due, float32 of "
                    + shape);
        }
    }

    /**
     * {@return what {@link #run()} left for a task (batch, height, width, channels)} The next run overwrites it.
     *
     * @param task its number
     */
    public FloatBuffer prediction(int task) {
        confinement.require();
        return slice(layout.predictionOffset(task), graph.prediction(task).elements());
    }

    /**
     * Lets the next run have other memory on the host: the buffers that {@link #input} and {@link #prediction} gave so
     * far stay as they are, for whatever thread to read, while that is filled and runs. The next turn takes the first
     * memory again.
     */
    public void turn() {
        try (Call _ = confinement.enter()) {
            PinnedMemory next = beside == null ? resources.keep(device.allocatePinned(layout.bytes())) : beside;
            beside = host;
            host = next;
        }
    }

    private FloatBuffer slice(long offset, long elements) {
        ByteBuffer bytes = host.buffer().duplicate().order(java.nio.ByteOrder.nativeOrder());
        bytes.position(Math.toIntExact(offset)).limit(Math.toIntExact(offset + elements * Float.BYTES));
        return bytes.slice().order(java.nio.ByteOrder.nativeOrder()).asFloatBuffer();
    }

    /** {@return the network, of this step's batch size} */
    public NetworkGraph graph() {
        return graph;
    }

    /** {@return what holds it to one thread} */
    public ThreadConfinement confinement() {
        return confinement;
    }

    /** Gives the step up: it belongs to the thread that uses it next. For threads that do not end. */
    public void handOver() {
        confinement.handOver();
    }

    /** {@return whether it is closed, by itself or with its model} */
    public boolean closed() {
        return confinement.closed();
    }

    /**
     * Waits for the device's work and gives everything back. Closing again does nothing.
     *
     * @throws IllegalStateException if a call is under way; nothing is closed then
     */
    @Override
    public void close() {
        confinement.close();
    }

    private void release() {
        model.removeReader(confinement);
        if (stream != null && !stream.closed()) {
            resources.keep(stream::synchronize);
        }
        resources.close();
    }
}
