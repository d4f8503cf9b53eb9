package io.gimbal.predict;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.data.Fit;
import io.gimbal.data.PhotoIntake;
import io.gimbal.device.Device;
import io.gimbal.engine.InferenceStep;
import io.gimbal.engine.LoadedModel;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.graph.Shape;
import io.gimbal.loss.TaskSpec;
import io.gimbal.picture.HeapShare;
import io.gimbal.run.TrainedModel;
import io.gimbal.run.TrainingPlan;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Predicts photos of any size with what a run has learned. Photos are brought to the network's image as training brings
 * its own, by the same fit and normalisation; what is predicted is brought back to the photo's pixels.
 *
 * <p>Owns the model on the device, and no file; closing the device closes it. For one thread at a time, as its {@link
 * InferenceStep} is: it belongs to the first that uses it. What it hands out is the caller's, and for any thread.
 */
public final class Predictor implements AutoCloseable {
    /** More than any machine needs to be busy. */
    private static final int MOST_AT_ONCE = 1 << 20;

    private final int mostAtOnce;
    private final NetworkGraph graph;
    private final PhotoIntake intake;
    private final List<Field> fields;
    private final Set<String> yesOrNo;
    private final LoadedModel loaded;
    private final InferenceStep inference;

    /**
     * Puts a model on a device.
     *
     * @param batch how many photos are predicted at once; fewer where a quarter of Java's heap holds no more with what
     *              is predicted of them
     * @throws UserException if the network takes no images, or a batch has no room
     */
    public Predictor(Device device, TrainedModel model, int batch) {
        Counts.atLeast("batch", batch, 1);
        TrainingPlan plan = TrainingPlan.read(model.configuration());
        NetworkGraph single = plan.network().graph(1);
        mostAtOnce = (int) Math.clamp(HeapShare.LARGEST / 2 / bytesAPhoto(single), 1, MOST_AT_ONCE);
        graph = plan.network().graph(Math.min(batch, mostAtOnce));
        Shape input = graph.input();
        if (input.flat()) {
            throw new UserException(model.configuration().source() + ": the network takes " + input.describe()
                    + ", and no photos");
        }
        fields = PredictedFields.of(plan, model.meaning(), graph);
        yesOrNo = plan.tasks().stream().filter(task -> task.loss().ofLogits()).map(TaskSpec::name)
                .collect(Collectors.toSet());
        intake = new PhotoIntake(input.height(), input.width(), input.channels(), fit(model), model.meaning()
                .normalisation().orElseThrow());
        InferenceStep.requireRoom(graph);
        loaded = new LoadedModel(device, graph, plan.precision(), model.values());
        try {
            inference = new InferenceStep(device, loaded.memory(), graph);
        } catch (RuntimeException | Error e) {
            loaded.close();
            throw e;
        }
    }

    /** What a photo takes on the heap from when it was read until its results are written. */
    private static long bytesAPhoto(NetworkGraph single) {
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

    /** What is predicted, in the tasks' order and called as they are. */
    public List<Field> fields() {
        return fields;
    }

    /** How many photos are predicted at once. */
    public int batch() {
        return graph.input().batch();
    }

    /** As many photos as a quarter of Java's heap holds, with what is predicted of them; at least a batch. */
    int mostAtOnce() {
        return mostAtOnce;
    }

    /**
     * Predicts one photo.
     *
     * @throws UserException if it cannot be read; names the file and why
     */
    public PhotoPrediction predict(Path photo) {
        return predict(List.of(read(photo))).getFirst();
    }

    /** Reads a photo; any thread may. */
    Photo read(Path file) {
        return Photo.read(file, intake, (int) (graph.input().elements() / batch()));
    }

    /** Predicts as many photos as a batch has, or fewer. */
    List<PhotoPrediction> predict(List<Photo> photos) {
        int each = (int) (graph.input().elements() / batch());
        FloatBuffer input = inference.input();
        for (int i = 0; i < photos.size(); i++) {
            input.put(i * each, photos.get(i).image());
        }
        inference.run();
        List<PhotoPrediction> predictions = new ArrayList<>();
        for (int i = 0; i < photos.size(); i++) {
            List<float[]> outputs = new ArrayList<>();
            for (int task = 0; task < fields.size(); task++) {
                float[] output = new float[(int) (graph.prediction(task).elements() / batch())];
                inference.prediction(task).get(i * output.length, output);
                outputs.add(output);
            }
            predictions.add(new PhotoPrediction(photos.get(i), fields, yesOrNo, graph.input().height(),
                    graph.input().width(), outputs));
        }
        return predictions;
    }

    /** Gives the device's memory back. Closing again does nothing. */
    @Override
    public void close() {
        loaded.close();
    }
}
