package io.gimbal.engine;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.storage.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Which engine runs each convolution fastest, kept on disk: a JSON file a device and version of cuDNN, in the folder
 * that the system property {@value #PROPERTY} or else the environment variable {@value #VARIABLE} names, else in
 * {@code gimbal/engines} below {@code XDG_CACHE_HOME} or {@code ~/.cache}.
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

    private static final int FORMAT = 1;
    /** Far more than the networks of one user have; a file stays below what {@link Config} reads. */
    private static final int MOST_GRAPHS = 5000;
    private static final int LONGEST_REASON = 400;
    private static final JsonMapper MAPPER = new JsonMapper();

    private final Path file;
    private final String device;
    private final String architecture;
    private final long version;
    private final String library;
    private Map<String, Answer> known;

    /** What is known of a convolution. */
    sealed interface Answer {}

    /** The fastest engine, and its time when it was chosen. */
    record Chosen(EngineChoice engine, double microseconds) implements Answer {}

    /** No engine may run it. */
    record Unsupported(String reason) implements Answer {}

    /**
     * @param folder       null where nothing can be kept
     * @param device       its name
     * @param architecture its compute capability, such as "sm_90"
     * @param version      cuDNN's
     * @param library      tells builds of one version apart; what is unsupported is asked for again by another build
     */
    KeptEngines(Path folder, String device, String architecture, long version, String library) {
        this.device = device;
        this.architecture = architecture;
        this.version = version;
        this.library = library;
        String name = (device + "-" + architecture + "-cudnn-" + version).toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9_]+", "-") + ".json";
        this.file = folder == null ? null : folder.resolve(name);
    }

    /** Those of a device, in this process's folder. */
    static KeptEngines of(Device device) {
        Path folder = folder(System::getenv, System::getProperty).orElse(null);
        return new KeptEngines(folder, device.name(), device.architecture(), device.dnn().version(),
                build(device.dnnLibrary()));
    }

    /** A library's size and time: a library that is built anew keeps its version. */
    private static String build(Path library) {
        try {
            return Files.size(library) + " bytes of " + Files.getLastModifiedTime(library);
        } catch (IOException unreadable) {
            return "unknown";
        }
    }

    /** The folder by given settings; empty where there is no place for one. A relative path is never followed. */
    static Optional<Path> folder(UnaryOperator<String> environment, UnaryOperator<String> properties) {
        String property = properties.apply(PROPERTY);
        String given = property != null ? property : environment.apply(VARIABLE);
        if (given != null && !given.isBlank()) {
            return Optional.of(Path.of(given)).filter(Path::isAbsolute);
        }
        String cache = environment.apply("XDG_CACHE_HOME");
        if (cache != null && Path.of(cache).isAbsolute()) {
            return Optional.of(Path.of(cache, "gimbal", "engines"));
        }
        String home = properties.apply("user.home");
        return home == null || !Path.of(home).isAbsolute() ? Optional.empty()
                : Optional.of(Path.of(home, ".cache", "gimbal", "engines"));
    }

    /** What is known of a convolution, by its description. */
    Optional<Answer> find(String convolution) {
        if (known == null) {
            known = read();
        }
        return Optional.ofNullable(known.get(convolution));
    }

    /** Keeps an answer, if it can be. */
    void keep(String convolution, Answer answer) {
        if (file == null) {
            return;
        }
        Map<String, Answer> answers = read();
        answers.remove(convolution);
        while (answers.size() >= MOST_GRAPHS) {
            answers.remove(answers.keySet().iterator().next());
        }
        answers.put(convolution, answer);
        known = answers;
        try {
            Files.createDirectories(file.getParent());
            AtomicFile.writeText(file, text(answers));
        } catch (IOException | UserException unwritable) {
            // Then the engine is timed again next time.
            return;
        }
    }

    /** The file's name, for messages; "" where nothing is kept. */
    String place() {
        return file == null ? "" : file.toString();
    }

    private Map<String, Answer> read() {
        if (file == null || !Files.isRegularFile(file)) {
            return new LinkedHashMap<>();
        }
        try {
            return answers(Config.read(file));
        } catch (UserException damaged) {
            return new LinkedHashMap<>();
        }
    }

    private Map<String, Answer> answers(Config root) {
        Map<String, Answer> answers = new LinkedHashMap<>();
        if (root.integer("format") != FORMAT || !root.text("device").equals(device)
                || !root.text("compute_capability").equals(architecture) || root.longInteger("cudnn") != version) {
            return answers;
        }
        Config graphs = root.object("convolutions");
        for (String convolution : graphs.keys()) {
            Config entry = graphs.object(convolution);
            if (entry.has("engine")) {
                Map<Integer, Long> knobs = new TreeMap<>();
                Config settings = entry.object("knobs");
                for (String knob : settings.keys()) {
                    knobs.put(number(settings, knob), settings.longInteger(knob));
                }
                answers.put(convolution, new Chosen(new EngineChoice(entry.longInteger("engine"), knobs),
                        entry.number("microseconds")));
            } else if (entry.text("library").equals(library)) {
                answers.put(convolution, new Unsupported(entry.text("unsupported")));
            }
        }
        return answers;
    }

    private static int number(Config settings, String knob) {
        try {
            return Integer.parseInt(knob);
        } catch (NumberFormatException notANumber) {
            throw settings.error(knob, "is no knob's number");
        }
    }

    private String text(Map<String, Answer> answers) throws IOException {
        ObjectNode root = MAPPER.createObjectNode().put("format", FORMAT).put("device", device)
                .put("compute_capability", architecture).put("cudnn", version);
        ObjectNode graphs = root.putObject("convolutions");
        answers.forEach((convolution, answer) -> {
            ObjectNode entry = graphs.putObject(convolution);
            switch (answer) {
                case Chosen(EngineChoice engine, double microseconds) -> {
                    entry.put("engine", engine.index()).put("microseconds", microseconds);
                    ObjectNode knobs = entry.putObject("knobs");
                    engine.knobs().forEach((type, value) -> knobs.put(type.toString(), value));
                }
                case Unsupported(String reason) -> entry.put("library", library).put("unsupported",
                        reason.length() <= LONGEST_REASON ? reason : reason.substring(0, LONGEST_REASON) + "...");
            }
        });
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }
}
