package io.gimbal.tensorboard;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.page.GrowingFile;
import io.gimbal.page.RunFiles;
import io.gimbal.page.StripFiles;
import io.gimbal.shaded.jackson.core.JsonParser;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.storage.ProtobufWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The event files of a run, made from its folder's files as these grow: by step {@code loss/TASK}, {@code
 * weight/TASK}, {@code gradient_norm/TASK}, {@code total} and {@code learning_rate}; by validation {@code TASK/METRIC},
 * {@code best_constant/TASK/METRIC} and the picture {@code samples}. Steps are numbered as in the run's files. Figures
 * that are null there are left out. Not thread-safe.
 */
public final class RunEvents implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("events\\.out\\.tfevents\\.(\\d{1,18})\\..*");
    private static final String VERSION = "brain.Event:2";
    private static final double MILLISECONDS = 1e3;
    private static final int PNG_SIZE_AT = 16;

    /** Fields of {@code tensorflow.Event}, {@code Summary.Value}, {@code Summary.Image} and {@code SessionLog}. */
    private static final int WALL_TIME = 1;
    private static final int STEP = 2;
    private static final int FILE_VERSION = 3;
    private static final int SUMMARY = 5;
    private static final int SESSION_LOG = 7;
    private static final int VALUE = 1;
    private static final int TAG = 1;
    private static final int SIMPLE_VALUE = 2;
    private static final int IMAGE = 4;
    private static final int STATUS = 1;
    private static final int START = 1;
    private static final int RED_GREEN_BLUE_ALPHA = 4;

    private final GrowingFile log;
    private final GrowingFile metrics;
    private final StripFiles strip;
    private final EventFile out;
    private final long from;

    /**
     * Begins a new file. Where the folder has event files already, it goes on behind the steps before that one, and
     * readers forget what those files say of later ones; else it has the whole run.
     *
     * @param step the first that is made, or made again
     */
    public RunEvents(Path folder, long step) {
        log = new GrowingFile(folder.resolve(RunFiles.LOG));
        metrics = new GrowingFile(folder.resolve(RunFiles.METRICS));
        strip = new StripFiles(folder.resolve(RunFiles.STRIP));
        List<Long> times = times(folder);
        from = times.isEmpty() ? 0 : step;
        long time = Math.max(System.currentTimeMillis() / 1000, times.stream().mapToLong(last -> last + 1).max()
                .orElse(0));
        // Readers take a run's files by their names' order.
        out = new EventFile(folder.resolve("events.out.tfevents.%010d.%s.%d.0".formatted(time, host(),
                ProcessHandle.current().pid())));
        out.add(event(0).text(FILE_VERSION, VERSION));
        out.add(event(from).message(SESSION_LOG, new ProtobufWriter().number(STATUS, START)));
    }

    /** Whether a folder has event files. */
    public static boolean areIn(Path folder) {
        return !times(folder).isEmpty();
    }

    private static List<Long> times(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> NAME.matcher(file.getFileName().toString())).filter(Matcher::matches)
                    .map(name -> Long.valueOf(name.group(1))).toList();
        } catch (IOException e) {
            throw FileFailures.reading(folder, e);
        }
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9_-]", "-");
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }

    /**
     * Writes what was added to the folder's files since.
     *
     * @throws UserException                if they cannot be read, or hold what no run writes
     * @throws java.io.UncheckedIOException if the disk is full or fails
     */
    public void update() {
        log.read(json -> {
            JsonNode line = line(json);
            if (line.get("step").asLong() >= from) {
                step(line);
            }
        });
        metrics.read(json -> {
            JsonNode line = line(json);
            if (line.get("step").asLong() >= from) {
                validation(line);
            }
        });
    }

    private static JsonNode line(JsonParser json) throws IOException {
        JsonNode line = json.readValueAsTree();
        if (!line.path("step").isIntegralNumber()) {
            throw new UserException("has no 'step'.");
        }
        return line;
    }

    private void step(JsonNode line) {
        ProtobufWriter summary = new ProtobufWriter();
        byTask(summary, "loss", line.path("loss"));
        byTask(summary, "weight", line.path("weight"));
        byTask(summary, "gradient_norm", line.path("grad_norm"));
        scalar(summary, "total", line.path("total"));
        scalar(summary, "learning_rate", line.path("lr"));
        out.add(event(line.get("step").asLong()).message(SUMMARY, summary));
    }

    private static void byTask(ProtobufWriter summary, String figure, JsonNode values) {
        values.properties().forEach(task -> scalar(summary, figure + "/" + task.getKey(), task.getValue()));
    }

    private void validation(JsonNode line) {
        ProtobufWriter summary = new ProtobufWriter();
        line.properties().forEach(task -> task.getValue().properties().forEach(metric -> {
            String tag = task.getKey() + "/" + metric.getKey();
            scalar(summary, tag, metric.getValue().path("value"));
            scalar(summary, "best_constant/" + tag, metric.getValue().path("best_constant"));
        }));
        long step = line.get("step").asLong();
        strip.predictions(step).ifPresent(png -> summary.message(VALUE, new ProtobufWriter().text(TAG, "samples")
                .message(IMAGE, image(png))));
        out.add(event(step).message(SUMMARY, summary));
    }

    /** Height and width stand in a PNG's header. */
    private static ProtobufWriter image(byte[] png) {
        ByteBuffer header = ByteBuffer.wrap(png);
        return new ProtobufWriter().number(1, header.getInt(PNG_SIZE_AT + Integer.BYTES))
                .number(2, header.getInt(PNG_SIZE_AT)).number(3, RED_GREEN_BLUE_ALPHA).bytes(4, png);
    }

    private static void scalar(ProtobufWriter summary, String tag, JsonNode value) {
        if (value.isNumber()) {
            summary.message(VALUE, new ProtobufWriter().text(TAG, tag).float32(SIMPLE_VALUE, (float) value.asDouble()));
        }
    }

    private static ProtobufWriter event(long step) {
        return new ProtobufWriter().float64(WALL_TIME, System.currentTimeMillis() / MILLISECONDS).number(STEP, step);
    }

    @Override
    public void close() {
        out.close();
    }
}
