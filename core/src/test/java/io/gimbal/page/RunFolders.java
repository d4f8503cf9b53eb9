package io.gimbal.page;

import io.gimbal.data.Rooms;
import io.gimbal.drawing.Pictures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Folders as runs leave them, without a run. */
public final class RunFolders {
    private RunFolders() {}

    /** The loss of a task in a step, as the log has it. */
    static double loss(int task, long step) {
        return (float) ((task + 1) * (1 + 3 / (1 + 0.05 * step)));
    }

    /**
     * A run of two tasks, "depth" and one with another name.
     *
     * @param other a name as it stands in JSON
     * @param steps of which number 5 has no label for the other task, and number 7 was rejected
     */
    public static Path write(Path folder, String other, int steps) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("config.json"), "{\"name\": \"some run\", \"tasks\": {\"" + other
                    + "\": {}}, \"optimizer\": {\"lr\": 0.001}, \"note\": \"</script><script>alert(1)</script>\"}");
            StringBuilder log = new StringBuilder();
            for (long step = 0; step < steps; step++) {
                log.append(line(other, step));
            }
            Files.writeString(folder.resolve("log.jsonl"), log);
            StringBuilder metrics = new StringBuilder();
            for (int epoch = 1; epoch <= 3; epoch++) {
                metrics.append("{\"step\":").append(epoch * steps / 3).append(",\"depth\":{\"RMSE\":{\"unit\":\"m\",")
                        .append("\"value\":").append(2.0 / epoch).append(",\"best_constant\":1.25,")
                        .append("\"higher_is_better\":false}},\"").append(other).append("\":{\"mIoU\":{\"unit\":\"%\",")
                        .append("\"value\":null,\"best_constant\":null,\"higher_is_better\":true}}}\n");
            }
            Files.writeString(folder.resolve("metrics.jsonl"), metrics);
            Files.writeString(folder.resolve("speed.jsonl"), """
                    {"step":10,"steps":10,"seconds":2.0,"examples_a_second":40.0,"starved_steps":1}
                    {"step":20,"steps":10,"seconds":1.0,"examples_a_second":80.0,"starved_steps":0}
                    """);
            Files.writeString(folder.resolve("environment.jsonl"), "{\"step\":0,\"epoch\":0.0,\"steps\":" + 2 * steps
                    + ",\"batches_per_epoch\":" + steps / 3
                    + ",\"device\":\"a device\",\"memory_bytes\":1073741824}\n");
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The cosine of the two tasks' gradients in a step, as the log has it. */
    static double cosine(long step) {
        return (float) Math.cos(0.1 * step);
    }

    /** Gives each step of a run's log a cosine, and but for the first a condition number. */
    static Path diagnosed(Path folder, String other) throws IOException {
        Path log = folder.resolve("log.jsonl");
        StringBuilder lines = new StringBuilder();
        long step = 0;
        for (String line : Files.readAllLines(log)) {
            lines.append(line, 0, line.length() - 1).append(",\"cosine\":{\"depth,").append(other).append("\":")
                    .append(cosine(step)).append("},\"condition\":").append(step == 0 ? "null" : 1 + step)
                    .append("}\n");
            step++;
        }
        Files.writeString(log, lines);
        return folder;
    }

    static String line(String other, long step) {
        String second = step == 5 ? "null" : Double.toString(loss(1, step));
        return "{\"step\":" + step + ",\"loss\":{\"depth\":" + loss(0, step) + ",\"" + other + "\":" + second
                + "},\"weight\":{\"depth\":0.5,\"" + other + "\":1.5},\"grad_norm\":{\"depth\":0.25,\"" + other
                + "\":" + second + "},\"total\":2.0,\"lr\":0.001,\"accepted\":" + (step != 7) + "}\n";
    }

    /** Sheets of some rooms, "predicted" as they are. */
    public static Pictures pictures(long seed, int count) {
        Rooms rooms = new Rooms(seed, count, 24, 32);
        Pictures pictures = new Pictures(rooms, rooms.fields());
        for (int index = 0; index < count; index++) {
            Map<String, ByteBuffer> truths = new HashMap<>();
            Map<String, FloatBuffer> predictions = new HashMap<>();
            rooms.fields().forEach(field -> {
                truths.put(field.name(), ByteBuffer.allocate(24 * 32 * field.bytesPerPlace())
                        .order(ByteOrder.nativeOrder()));
                predictions.put(field.name(), FloatBuffer.allocate(24 * 32 * field.predicted()));
            });
            FloatBuffer image = FloatBuffer.allocate(24 * 32 * 3);
            rooms.read(index, false, image, truths);
            pictures.add(image, truths, predictions);
        }
        return pictures;
    }
}
