package io.gimbal.page;

import io.gimbal.config.Config;
import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.shaded.jackson.core.JsonGenerator;
import io.gimbal.shaded.jackson.core.JsonParser;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.storage.Uninterrupted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the files in a run's folder tell. While a training writes them, {@link #update} takes in what was added, and
 * only that. However long the training is, this takes bounded room. Not thread-safe.
 */
public final class RunRecord {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int MOST_LINES = 1000;
    private static final int MOST_PROCESSES = 50;

    private final Path folder;
    private final GrowingFile logFile;
    private final GrowingFile metricsFile;
    private final GrowingFile speedFile;
    private final GrowingFile environmentFile;
    private final LogSummary log = new LogSummary(this::epochOf);
    private final Thinned<JsonNode> metrics = new Thinned<>(MOST_LINES);
    private final Thinned<JsonNode> speeds = new Thinned<>(MOST_LINES);
    private final SpeedTotal speed = new SpeedTotal();
    private final Thinned<JsonNode> environments = new Thinned<>(MOST_PROCESSES);
    private JsonNode config = MAPPER.createObjectNode();

    private RunRecord(Path folder) {
        this.folder = folder;
        logFile = new GrowingFile(folder.resolve(RunFiles.LOG));
        metricsFile = new GrowingFile(folder.resolve(RunFiles.METRICS));
        speedFile = new GrowingFile(folder.resolve(RunFiles.SPEEDS));
        environmentFile = new GrowingFile(folder.resolve(RunFiles.ENVIRONMENT));
    }

    /** Of a folder whose files the caller writes; nothing is read before the first {@link #update}. */
    public static RunRecord growing(Path folder) {
        return new RunRecord(folder);
    }

    /**
     * Of a folder as it is now.
     *
     * @throws UserException if it holds no run, or its files cannot be read; names the file and the line
     */
    public static RunRecord read(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new UserException(folder + ": there is no such folder; a report is of the folder of a run");
        }
        if (!Files.exists(folder.resolve(RunFiles.CONFIG))) {
            throw new UserException(folder + ": holds no " + RunFiles.CONFIG + ", so it is not the folder of a run");
        }
        RunRecord record = new RunRecord(folder);
        record.update();
        return record;
    }

    /**
     * Takes in what was added since.
     *
     * @throws UserException if a file cannot be read, or holds what no run writes; names the file and the line
     */
    public void update() {
        FileFailures.requireOrdinary(folder.resolve(RunFiles.CONFIG), "a run's " + RunFiles.CONFIG);
        config = tree(Uninterrupted.get(() -> Config.read(folder.resolve(RunFiles.CONFIG))).canonicalText());
        environmentFile.read(json -> environments.add(line(json)));
        logFile.read(log::add);
        metricsFile.read(json -> metrics.add(line(json)));
        speedFile.read(json -> {
            JsonNode line = line(json);
            speeds.add(line);
            speed.add(line);
        });
    }

    /** The number of the epoch that a step belongs to; 0 where that is not known. */
    private long epochOf(long step) {
        for (JsonNode process : environments.all().reversed()) {
            long from = process.path("step").asLong();
            if (from <= step) {
                double batches = process.path("batches_per_epoch").asDouble();
                double before = process.path("epoch").asDouble();
                return batches > 0 ? (long) Math.floor(before + (step - from) / batches + 1e-9) : 0;
            }
        }
        return 0;
    }

    private static JsonNode tree(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (IOException impossible) {
            throw new IllegalStateException("a configuration's own text is no JSON", impossible);
        }
    }

    private static JsonNode line(JsonParser json) throws IOException {
        JsonNode line = json.readValueAsTree();
        if (!line.path("step").isIntegralNumber()) {
            throw new UserException("has no 'step'.");
        }
        return line;
    }

    /** How the gradients lay to each other, as a picture, SVG; empty where the log does not tell. */
    public Optional<String> gradientPicture() {
        return log.gradientPicture(name(), ReportPage.STYLES);
    }

    private String name() {
        return config.path("name").asText("run");
    }

    /** Writes all of it as an object; see {@code report.js}. */
    void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", name());
        json.writeStringField("folder", folder.toString());
        json.writeNumberField("steps", log.steps());
        json.writeArrayFieldStart("tasks");
        for (String task : log.tasks()) {
            json.writeString(task);
        }
        json.writeEndArray();
        json.writeFieldName("log");
        log.write(json);
        lines(json, "metrics", metrics);
        lines(json, "speed", speeds);
        speed.write(json);
        lines(json, "environment", environments);
        json.writeFieldName("config");
        MAPPER.writeTree(json, config);
        json.writeFieldName("samples");
        new SampleData(new StripFiles(folder.resolve(RunFiles.STRIP))).write(json);
        json.writeEndObject();
    }

    private static void lines(JsonGenerator json, String name, Thinned<JsonNode> lines) throws IOException {
        json.writeNumberField(name + "_lines", lines.added());
        json.writeArrayFieldStart(name);
        for (JsonNode line : lines.all()) {
            MAPPER.writeTree(json, line);
        }
        json.writeEndArray();
    }

    /** All stretches together. */
    private static final class SpeedTotal {
        private long steps;
        private long starved;
        private double seconds;
        private double examples;

        void add(JsonNode line) {
            steps += line.path("steps").asLong();
            starved += line.path("starved_steps").asLong();
            seconds += line.path("seconds").asDouble();
            examples += line.path("seconds").asDouble() * line.path("examples_a_second").asDouble();
        }

        void write(JsonGenerator json) throws IOException {
            json.writeObjectFieldStart("speed_total");
            json.writeNumberField("steps", steps);
            json.writeNumberField("starved", starved);
            json.writeFieldName("seconds");
            PageNumbers.write(json, seconds);
            json.writeFieldName("examples");
            PageNumbers.write(json, examples);
            json.writeEndObject();
        }
    }
}
