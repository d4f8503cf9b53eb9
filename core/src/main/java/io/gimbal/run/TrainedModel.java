package io.gimbal.run;

import io.gimbal.checkpoint.DataMeaning;
import io.gimbal.checkpoint.StoredModel;
import io.gimbal.config.Config;
import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.data.Normalisation;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.export.ModelFolder;
import io.gimbal.export.Onnx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a run has learned, read from its folder without a device, to be taken elsewhere. The run may go on meanwhile.
 *
 * @param configuration the run's; of a {@link ModelFolder} what is kept of it there
 * @param file          the checkpoint that was read
 * @param steps         how many steps had been made then, where the file says so
 * @param graph         the network, for a batch of two
 * @param values        its parameters and running statistics by name
 */
public record TrainedModel(Config configuration, Path file, OptionalLong steps, NetworkGraph graph,
        Map<String, float[]> values, DataMeaning meaning) {
    /** Which of a run's checkpoints. */
    public enum Which {
        /** That of the best validation. */
        BEST(RunFolder.BEST),
        /** That of the last step which was kept. */
        LAST(RunFolder.CHECKPOINT);

        private final String file;

        Which(String file) {
            this.file = file;
        }
    }

    /**
     * Reads it.
     *
     * @param run   the run's folder, or one that {@link ModelFolder} wrote
     * @param which none for the best one where there is one, else the last
     * @throws UserException if there is no run, no such checkpoint, or it is damaged
     */
    public static TrainedModel read(Path run, Optional<Which> which) {
        Config configuration = RunFolder.configuration(run);
        Path exported = run.resolve(ModelFolder.PARAMETERS);
        boolean best = Files.exists(run.resolve(Which.BEST.file));
        Path file = which.isEmpty() && !best && Files.exists(exported) ? exported
                : file(run, which.orElse(best ? Which.BEST : Which.LAST));
        return of(configuration, file);
    }

    /**
     * Reads it by whatever leads to it.
     *
     * @param path a folder, as {@link #read} takes it, of which the best is taken where there is one; or one of the
     *             files of parameters in such a folder
     * @throws UserException as there, or if beside the file there is no configuration
     */
    public static TrainedModel read(Path path) {
        if (!Files.isRegularFile(path)) {
            return read(path, Optional.empty());
        }
        return of(RunFolder.configuration(path.toAbsolutePath().getParent()), path);
    }

    private static TrainedModel of(Config configuration, Path file) {
        NetworkGraph graph = TrainingPlan.read(configuration).network().graph(2);
        StoredModel model = StoredModel.read(file, graph);
        return new TrainedModel(configuration, file, model.steps(), graph, model.values(), known(model.meaning(),
                graph));
    }

    private static Path file(Path run, Which which) {
        Path file = run.resolve(which.file);
        FileFailures.requireOrdinary(file, "a checkpoint");
        if (!Files.exists(file)) {
            throw new UserException(run + " holds no " + which.file + ": " + (which == Which.LAST
                    ? "no step of the run is there to be taken" : "the run has kept no best step; take the last one"));
        }
        return file;
    }

    /** A checkpoint that says nothing is of a time when all images were normalised alike. */
    private static DataMeaning known(DataMeaning said, NetworkGraph graph) {
        return said.normalisation().isPresent() || graph.input().flat() ? said
                : said.normalised(Normalisation.RANGE);
    }

    /** It as an ONNX file, to be written; with {@link Onnx#takingBytes} by choice. */
    public Onnx onnx() {
        return Onnx.of(graph, values).named(configuration.name("name", "run")).meaning(meaning);
    }

    /** Writes it as a {@link ModelFolder}. */
    public void write(Path folder) {
        ModelFolder.write(folder, configuration, graph, values, meaning);
    }
}
