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
import io.gimbal.source.TableRows;
import io.gimbal.train.Trainer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a run or a {@link Trainer} has learned, to predict images or rows of a table with: without a device, and put on
 * any number of devices by {@link #predictor}. Immutable; for any number of threads.
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
    private final Optional<PhotoIntake> intake;
    private final Optional<TableRows> table;
    private final Map<String, Normalisation> units;
    private final int mostAtOnce;

    /**
     * @param steps   empty where it is not known
     * @param file    empty where it was read from none
     * @param meaning of a network that takes images, with a normalisation, and how those of other sizes are fitted
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
        fields = PredictedFields.of(tasks, meaning, single);
        yesOrNo = tasks.stream().filter(task -> task.loss().ofLogits()).map(TaskSpec::name)
                .collect(Collectors.toUnmodifiableSet());
        intake = input.flat() ? Optional.empty() : Optional.of(new PhotoIntake(input.height(), input.width(),
                input.channels(), meaning.fit().orElseThrow(), meaning.normalisation().orElseThrow()));
        table = input.flat() ? meaning.statistics().map(this::table) : Optional.empty();
        units = table.map(this::units).orElse(Map.of());
        mostAtOnce = (int) Math.clamp(HeapShare.LARGEST / 2 / bytesARequest(single), 1, PredictorOptions.MOST_AT_ONCE);
    }

    private TableRows table(String statistics) {
        TableRows rows = TableRows.read(statistics, file.map(path -> path + ": its metadata's data.statistics").orElse(
                "what the data told"));
        if (rows.width() != input.channels()) {
            throw new UserException("the table's row becomes " + rows.width() + " values, but the network takes "
                    + input.describe());
        }
        return rows;
    }

    private Map<String, Normalisation> units(TableRows rows) {
        Map<String, Normalisation> all = new LinkedHashMap<>();
        tasks.forEach(task -> rows.units(task.field()).ifPresent(how -> all.put(task.name(), how)));
        return all;
    }

    /** What an image or a row takes on the heap from when it was read until its results are written. */
    private static long bytesARequest(NetworkGraph single) {
        long values = single.input().elements() + (single.input().flat() ? 0 : Photo.MOST_PREVIEW_PIXELS);
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
     * @throws UserException if there is none, or it is damaged; names the file
     */
    public static Model load(Path path) {
        return of(TrainedModel.read(path));
    }

    /**
     * That of a run whose checkpoint was chosen before.
     *
     * @param trained what was read of the run
     * @return the model, without any device
     * @throws UserException if what the file says does not fit the network
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
     * @param trainer       of any network
     * @param normalisation how stored values of images became what the network was trained on; nothing is read by it
     *                      where the network takes rows, which are normalised already ({@link RowSource#normalised})
     * @return the model, which does not change as the trainer goes on
     * @throws UserException if a network of images has other channels than the normalisation
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

    /** {@return whether the network takes rows, each of {@link #channels} values, and no images} */
    public boolean takesRows() {
        return input.flat();
    }

    /**
     * {@return the columns that a row must have, in the order in which the network takes them; empty of images, and
     * where it was not learned from a table that Gimbal read}
     */
    public List<String> columns() {
        return table.map(TableRows::columns).orElse(List.of());
    }

    /** @throws UserException if the network takes rows */
    void requireImages() {
        if (takesRows()) {
            throw new UserException("the network takes rows of " + input.describe() + ", and no photos: give it a"
                    + " RowSource.");
        }
    }

    /** @throws UserException if the network takes images */
    void requireRows() {
        if (!takesRows()) {
            throw new UserException("the network takes images of " + input.describe() + ", and no rows: give it a"
                    + " PhotoSource.");
        }
    }

    /** {@return rows of the network's image; 1 where it takes none} Photos of any size are brought to it. */
    public int height() {
        return input.height();
    }

    /** {@return columns of the network's image; 1 where it takes none} */
    public int width() {
        return input.width();
    }

    /** {@return values of a pixel of the network's image, or of a row} */
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

    /** How photos are read; of images. */
    PhotoIntake intake() {
        return intake.orElseThrow();
    }

    /** How rows are read, where that is known. */
    Optional<TableRows> table() {
        return table;
    }

    /** How many values an image of the network's, or a row, has. */
    int inputValues() {
        return (int) input.elements();
    }

    /** As many images or rows as a quarter of Java's heap holds, with what is predicted of them; at least one. */
    int mostAtOnce() {
        return mostAtOnce;
    }

    /** @param outputs of each field, as the network leaves them */
    PhotoPrediction prediction(Photo photo, List<float[]> outputs) {
        return new PhotoPrediction(photo, fields, yesOrNo, height(), width(), outputs);
    }

    /** @param outputs of each field, as the network leaves them */
    RowPrediction rowPrediction(List<float[]> outputs) {
        return new RowPrediction(fields, yesOrNo, units, outputs);
    }
}
