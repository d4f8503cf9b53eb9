package io.gimbal.predict;

import io.gimbal.checkpoint.DataMeaning;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.data.Fit;
import io.gimbal.data.Normalisation;
import io.gimbal.data.PhotoIntake;
import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.StepState;
import io.gimbal.graph.Shape;
import io.gimbal.loss.TaskSpec;
import io.gimbal.model.Network;
import io.gimbal.picture.HeapShare;
import io.gimbal.run.TrainedModel;
import io.gimbal.run.TrainingPlan;
import io.gimbal.train.Trainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a run or a {@link Trainer} has learned, to predict images with: without a device, and put on any number of
 * devices by {@link #predictor}. Immutable; for any number of threads.
 */
public final class Model {
    private final Network network;
    private final List<TaskSpec> tasks;
    private final Precision precision;
    private final Map<String, float[]> values;
    private final OptionalLong steps;
    private final Optional<Path> file;
    private final DataMeaning meaning;
    private final Shape input;
    private final List<Field> fields;
    private final Set<String> yesOrNo;
    private final PhotoIntake intake;
    private final int mostAtOnce;

    /**
     * @param steps   empty where it is not known
     * @param file    empty where it was read from none
     * @param meaning with a normalisation, and how images of other sizes are fitted
     */
    private Model(Network network, List<TaskSpec> tasks, Precision precision, Map<String, float[]> values,
            OptionalLong steps, Optional<Path> file, DataMeaning meaning) {
        this.network = network;
        this.tasks = tasks;
        this.precision = precision;
        this.values = values;
        this.steps = steps;
        this.file = file;
        this.meaning = meaning;
        NetworkGraph single = network.graph(1);
        input = single.input();
        if (input.flat()) {
            throw new UserException("the network takes " + input.describe() + ", and no photos");
        }
        fields = PredictedFields.of(tasks, meaning, single);
        yesOrNo = tasks.stream().filter(task -> task.loss().ofLogits()).map(TaskSpec::name)
                .collect(Collectors.toUnmodifiableSet());
        intake = new PhotoIntake(input.height(), input.width(), input.channels(), meaning.fit().orElseThrow(),
                meaning.normalisation().orElseThrow());
        mostAtOnce = (int) Math.clamp(HeapShare.LARGEST / 2 / bytesAnImage(single), 1, PredictorOptions.MOST_AT_ONCE);
    }

    /** What an image takes on the heap from when it was read until its results are written. */
    private static long bytesAnImage(NetworkGraph single) {
        long values = single.input().elements() + Photo.MOST_PREVIEW_PIXELS;
        for (int task = 0; task < single.tasks().size(); task++) {
            values += single.prediction(task).elements();
        }
        return Float.BYTES * values;
    }

    /** A checkpoint of a time that did not keep it has a run's configuration beside it. */
    private static Fit fit(TrainedModel model) {
        return model.meaning().fit().orElseGet(() -> Fit.valueOf(model.configuration().find("data")
                .filter(data -> data.has("fit")).map(data -> data.text("fit")).orElse(Fit.STRETCH.name())
                .toUpperCase(Locale.ROOT)));
    }

    /**
     * Reads a model. A run may go on meanwhile.
     *
     * @param path a run's folder, of which the best checkpoint is taken where there is one, else the last; a folder
     *             that {@code gimbal export} wrote; or a file of parameters in either
     * @return the model, without any device
     * @throws UserException if there is none, it is damaged, or the network takes no images; names the file
     */
    public static Model load(Path path) {
        return of(TrainedModel.read(path));
    }

    /**
     * That of a run whose checkpoint was chosen before.
     *
     * @param trained what was read of the run
     * @return the model, without any device
     * @throws UserException if the network takes no images
     */
    public static Model of(TrainedModel trained) {
        TrainingPlan plan = TrainingPlan.read(trained.configuration());
        try {
            return new Model(plan.network(), plan.tasks(), plan.precision(), trained.values(), trained.steps(),
                    Optional.of(trained.file()), trained.meaning().fitted(fit(trained)));
        } catch (UserException unusable) {
            throw new UserException(trained.configuration().source() + ": " + unusable.getMessage());
        }
    }

    /**
     * What a trainer has learned so far: a copy of its parameters, or of their averages where it keeps them. It may
     * train on, or be closed. Photos of other sizes are stretched to the network's; classes and channels have no names
     * but by {@link #named}. Waits for the device.
     *
     * @param trainer       of a network that takes images
     * @param normalisation how stored values became what the network was trained on
     * @return the model, which does not change as the trainer goes on
     * @throws UserException if the network takes no images, or has other channels than the normalisation
     */
    public static Model of(Trainer trainer, Normalisation normalisation) {
        StepState state = trainer.state();
        return new Model(trainer.network(), trainer.tasks(), trainer.precision(), state.averages().orElse(
                state.tensors()), OptionalLong.of(state.counters()[0]), Optional.empty(), DataMeaning.UNKNOWN
                .normalised(normalisation).fitted(Fit.STRETCH));
    }

    /**
     * The same with names of classes, or else of channels.
     *
     * @param names by task, in the order of their numbers
     * @return another model; this one stays
     * @throws UserException if there is no such task, or it has another number of them
     */
    public Model named(Map<String, List<String>> names) {
        SequencedMap<String, List<String>> all = meaning.names();
        all.putAll(names);
        names.keySet().forEach(task -> number(fields, task));
        return new Model(network, tasks, precision, values, steps, file, meaning.named(all));
    }

    /** {@return the file that it was read from; empty for a trainer's} */
    public Optional<Path> file() {
        return file;
    }

    /** {@return how many steps it learned in, where that is known} */
    public OptionalLong steps() {
        return steps;
    }

    /**
     * {@return what is predicted: a field a task, in their order and called as they are, with the names of its classes}
     */
    public List<Field> fields() {
        return fields;
    }

    /** The number of a task's field. */
    static int number(List<Field> fields, String task) {
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).name().equals(task)) {
                return i;
            }
        }
        throw new IllegalArgumentException("no task is called " + Names.quote(task) + "; there are "
                + Names.list(fields.stream().map(Field::name).toList()));
    }

    /** {@return rows of the network's image} Photos of any size are brought to it. */
    public int height() {
        return input.height();
    }

    /** {@return columns of the network's image} */
    public int width() {
        return input.width();
    }

    /** {@return values of a pixel of the network's image} */
    public int channels() {
        return input.channels();
    }

    /**
     * A {@link Predictor} on a device, by {@link PredictorOptions#DEFAULT}.
     *
     * @param device where it is put; closing it closes the predictor
     * @return a predictor, to be closed when nothing is asked any more
     */
    public Predictor predictor(Device device) {
        return predictor(device, PredictorOptions.DEFAULT);
    }

    /**
     * Puts the model on a device. Several predictors, of this or other models, may be on one device.
     *
     * @param device  where it is put; closing it closes the predictor
     * @param options how it gathers requests
     * @return a predictor, to be closed when nothing is asked any more
     * @throws UserException                if a batch has no room in a buffer
     * @throws io.gimbal.cuda.CudaException if the device fails, such as for want of memory; nothing is left on it
     */
    public Predictor predictor(Device device, PredictorOptions options) {
        return new Predictor(device, this, options);
    }

    Precision precision() {
        return precision;
    }

    NetworkGraph graph(int batch) {
        return network.graph(batch);
    }

    Map<String, float[]> values() {
        return values;
    }

    PhotoIntake intake() {
        return intake;
    }

    /** How many values an image of the network's has. */
    int imageValues() {
        return (int) input.elements();
    }

    /** As many images as a quarter of Java's heap holds, with what is predicted of them; at least one. */
    int mostAtOnce() {
        return mostAtOnce;
    }

    /** @param outputs of each field, as the network leaves them */
    PhotoPrediction prediction(Photo photo, List<float[]> outputs) {
        return new PhotoPrediction(photo, fields, yesOrNo, height(), width(), outputs);
    }
}
