package io.gimbal.dnn;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.cuda.CacheFolder;
import io.gimbal.device.Device;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.storage.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which engine runs each convolution fastest, kept on disk: a JSON file a device and version of cuDNN, in the folder
 * that the system property {@value #PROPERTY} or else the environment variable {@value #VARIABLE} names, else in
 * {@code gimbal/engines} below {@code XDG_CACHE_HOME} or {@code ~/.cache}.
 *
 * <p>Only choices are kept. That no engine may run a convolution ends the run and is asked for anew by the next: the
 * reason may be gone by then.
 *
 * <p>What the file says is never trusted: an engine is a hint, to be looked for among those that cuDNN offers. A file
 * that is damaged, or of another device or version, counts as empty and is replaced at the next write. A folder that
 * cannot be written is no failure: then nothing is kept. Two processes may use one folder: each write is of a whole
 * file, and takes in what the other has written before; at worst an engine is timed twice. Not thread-safe.
 */
final class KeptEngines {
    /** System property with the folder. */
    static final String PROPERTY = "gimbal.engines";
    /** Environment variable with the folder. */
    static final String VARIABLE = "GIMBAL_ENGINES";

    private static final CacheFolder FOLDER = new CacheFolder(PROPERTY, VARIABLE, "engines");
    private static final int FORMAT = 1;
    /** Far more than the networks of one user have; a file stays below what {@link Config} reads. */
    private static final int MOST_GRAPHS = 5000;
    private static final JsonMapper MAPPER = new JsonMapper();

    private final Path file;
    private final String device;
    private final String architecture;
    private final long version;
    private Map<String, Chosen> known;

    /** The fastest engine, and its time when it was chosen. */
    record Chosen(EngineChoice engine, double microseconds) {}

    /**
     * @param folder       null where nothing can be kept
     * @param device       its name
     * @param architecture its compute capability, such as "sm_90"
     * @param version      cuDNN's
     */
    KeptEngines(Path folder, String device, String architecture, long version) {
        this.device = device;
        this.architecture = architecture;
        this.version = version;
        String name = (device + "-" + architecture + "-cudnn-" + version).toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9_]+", "-") + ".json";
        this.file = folder == null ? null : folder.resolve(name);
    }

    /** Those of a device, in this process's folder. */
    static KeptEngines of(Device device) {
        return new KeptEngines(FOLDER.ofProcess().orElse(null), device.name(), device.architecture(),
                device.dnn().version());
    }

    /** The choice for a convolution, by its description. */
    Optional<Chosen> find(String convolution) {
        if (known == null) {
            known = read();
        }
        return Optional.ofNullable(known.get(convolution));
    }

    /** Keeps a choice, if it can be. */
    void keep(String convolution, Chosen chosen) {
        if (file == null) {
            return;
        }
        Map<String, Chosen> choices = read();
        choices.remove(convolution);
        while (choices.size() >= MOST_GRAPHS) {
            choices.remove(choices.keySet().iterator().next());
        }
        choices.put(convolution, chosen);
        known = choices;
        try {
            Files.createDirectories(file.getParent());
            AtomicFile.writeText(file, text(choices));
        } catch (IOException | UncheckedIOException | UserException unwritable) {
            // Then the engine is timed again next time.
            return;
        }
    }

    /** The file's name, for messages; "" where nothing is kept. */
    String place() {
        return file == null ? "" : file.toString();
    }

    private Map<String, Chosen> read() {
        if (file == null || !Files.isRegularFile(file)) {
            return new LinkedHashMap<>();
        }
        try {
            return choices(Config.read(file));
        } catch (UncheckedIOException | UserException damaged) {
            return new LinkedHashMap<>();
        }
    }

    private Map<String, Chosen> choices(Config root) {
        Map<String, Chosen> choices = new LinkedHashMap<>();
        if (root.integer("format") != FORMAT || !root.text("device").equals(device)
                || !root.text("compute_capability").equals(architecture) || root.longInteger("cudnn") != version) {
            return choices;
        }
        Config graphs = root.object("convolutions");
        for (String convolution : graphs.keys()) {
            Config entry = graphs.object(convolution);
            if (!entry.has("engine")) {
                // Earlier versions kept refusals too.
                continue;
            }
            Map<Integer, Long> knobs = new TreeMap<>();
            Config settings = entry.object("knobs");
            for (String knob : settings.keys()) {
                knobs.put(number(settings, knob), settings.longInteger(knob));
            }
            choices.put(convolution, new Chosen(new EngineChoice(entry.longInteger("engine"), knobs),
                    entry.number("microseconds")));
        }
        return choices;
    }

    private static int number(Config settings, String knob) {
        try {
            return Integer.parseInt(knob);
        } catch (NumberFormatException notANumber) {
            throw settings.error(knob, "is no knob's number");
        }
    }

    private String text(Map<String, Chosen> choices) throws IOException {
        ObjectNode root = MAPPER.createObjectNode().put("format", FORMAT).put("device", device)
                .put("compute_capability", architecture).put("cudnn", version);
        ObjectNode graphs = root.putObject("convolutions");
        choices.forEach((convolution, chosen) -> {
            ObjectNode entry = graphs.putObject(convolution).put("engine", chosen.engine().index())
                    .put("microseconds", chosen.microseconds());
            ObjectNode knobs = entry.putObject("knobs");
            chosen.engine().knobs().forEach((type, value) -> knobs.put(type.toString(), value));
        });
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }
}
