package io.gimbal.predict;

import io.gimbal.config.Config;
import io.gimbal.data.Normalisation;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.export.ModelFolder;
import io.gimbal.export.Predictions;
import io.gimbal.run.TinyRooms;
import io.gimbal.run.TrainingPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** Models that nobody trained: the tiny network, 16 x 24, of random values. */
final class TinyModel {
    static final int HEIGHT = 16;
    static final int WIDTH = 24;
    static final int VALUES = HEIGHT * WIDTH * 3;

    private TinyModel() {}

    /** Written into a folder that is not there yet. */
    static Path write(Path folder, long seed) {
        return write(folder, Config.parse(TinyRooms.TEXT, "tiny.json"), seed);
    }

    static Path write(Path folder, Config config, long seed) {
        NetworkGraph graph = TrainingPlan.read(config).network().graph(1);
        ModelFolder.write(folder, config, graph, Predictions.values(graph, seed), Normalisation.RANGE, Map.of());
        return folder;
    }

    /** Different images, normalised. */
    static List<float[]> images(int count, int values) {
        Random random = new Random(5);
        return Stream.generate(() -> {
            float[] image = new float[values];
            for (int i = 0; i < values; i++) {
                image[i] = (float) random.nextGaussian();
            }
            return image;
        }).limit(count).toList();
    }
}
