package io.gimbal.replay;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.program.Peers;
import io.gimbal.run.Settings;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a benchmark takes its step from.
 *
 * @param name   to print
 * @param config a {@code case.json} or a training configuration
 * @param batch  examples a step: those of the case's batches, or {@code data.batch}
 */
public record BenchSource(String name, Config config, int batch) {
    /**
     * Reads a case folder or a configuration.
     *
     * @param settings values of the configuration that are set, each as {@link Config#with} takes it
     * @throws UserException where it is neither, or a setting is none
     */
    public static BenchSource read(Path path, List<String> settings) {
        if (!Files.isDirectory(path)) {
            Config config = Settings.over(Config.read(path), settings);
            int batch = config.find("data").map(data -> data.positive("batch", 8)).orElse(8);
            return new BenchSource(config.name("name", "run"), config, batch);
        }
        if (!Files.exists(path.resolve("case.json"))) {
            throw new UserException(path + " is not a case folder: it holds no case.json; a case folder or a "
                    + "configuration (a JSON file) can be timed");
        }
        Config config = Settings.over(Config.read(path.resolve("case.json")), settings);
        try (TensorFile batches = SafeTensors.open(path.resolve("batches.safetensors"))) {
            return new BenchSource(path.toAbsolutePath().normalize().getFileName().toString(), config,
                    new CaseBatches(batches, Peers.NONE).batchSize());
        }
    }
}
