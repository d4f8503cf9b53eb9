package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.NyuDepth;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.dnn.DeviceDescription;
import io.gimbal.engine.StepRecord;
import io.gimbal.metric.Score;
import io.gimbal.replay.CaseFolders;
import io.gimbal.report.Benchmark;
import io.gimbal.report.KeptBenchmark;
import io.gimbal.run.NyuFolder;
import io.gimbal.run.RunFolder;
import io.gimbal.run.TinyRooms;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingListener;
import io.gimbal.run.TrainingRun;
import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutated inputs of every kind that a user gives. Each is accepted, and then what comes of it is sound, or refused with
 * a sentence; nothing else is thrown, nothing hangs, and nothing is left behind. The system properties {@code
 * gimbal.fuzz} (how many), {@code gimbal.fuzz.seed} and {@code gimbal.fuzz.only} ({@code KIND}, or
 * {@code KIND:NUMBER}, one alone) say what is tried. What is tried now stands in {@code target/fuzz/current}, should it
 * end the process.
 */
@Tag("fuzz")
class FuzzTest {
    private static final int SECONDS = 20;
    private static final int MOST_FINDINGS = 60;
    /** Above this a dimension or count is only read and not trained: it is right, and takes its time. */
    private static final long LARGE = 64;
    private static final long MOST_STEPS = 8;
    private static final long MOST_REPLAYED = 400;
    private static final Path KEPT = Path.of("target", "fuzz").toAbsolutePath();
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Pattern PROGRAM = Pattern.compile(
            "Exception|java\\.(?!io\\.tmpdir)|io\\.gimbal\\.|\tat |defect of Gimbal");
    /** Not the remedy. */
    private static final Pattern NULL = Pattern.compile("(?<!set it to |=)\\bnull\\b");
    private static final Set<String> FILES_OF_RUNS = Set.of("config.json", "log.jsonl", "metrics.jsonl", "speed.jsonl",
            "environment.jsonl", "checkpoint.safetensors", "best.safetensors", "samples.png", "report.html",
            "trace.jsonl", "final.safetensors", ".lock");

    /** The kinds, each with its share of some hundred inputs. */
    private enum Kind {
        CONFIGURATION(22), SETTING(15), TENSORS(8), START(8), CHECKPOINT(12), PICTURE(15), LIST(5), ENGINES(5), CASE(8),
        DEVICE(2), FORM(20), DATA(15), MEASUREMENT(10);

        private final int share;

        Kind(int share) {
            this.share = share;
        }
    }

    private enum Outcome { ACCEPTED, REFUSED, FOUND }

    /** What became of an input: of a refusal its sentence, of a finding what is wrong. */
    private record Result(Outcome outcome, String text) {}

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path folder;
    private Path nyu;
    private Path begun;
    private Path start;
    private byte[] checkpoint;
    private byte[] startBytes;
    private String nyuConfig;
    private FuzzedData fuzzed;
    private final Map<String, byte[]> pictures = new LinkedHashMap<>();
    private final Map<String, Map<String, byte[]>> cases = new LinkedHashMap<>();
    private ExecutorService worker = worker();

    private static ExecutorService worker() {
        return Executors.newSingleThreadExecutor(body -> Thread.ofPlatform().daemon().name("tried").unstarted(body));
    }

    @Test
    void everyMutatedInputIsAcceptedAndSoundOrRefusedWithASentence() throws Exception {
        int count = Integer.getInteger("gimbal.fuzz", 2000);
        long seed = Long.getLong("gimbal.fuzz.seed", 1);
        String only = System.getProperty("gimbal.fuzz.only", "");
        System.setProperty("gimbal.engines", folder.resolve("engines").toString());
        Files.createDirectories(KEPT);
        prepare();
        StringBuilder report = new StringBuilder("kind, tried, accepted, refused, found, seconds\n");
        StringBuilder refusals = new StringBuilder();
        List<String> findings = new ArrayList<>();
        try (Device witness = Device.open(DeviceKind.SOFT)) {
            long live = witness.softDevice().orElseThrow().get("live_bytes");
            for (Kind kind : Kind.values()) {
                Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
                long began = System.nanoTime();
                int most = Math.max(1, count * kind.share / 100);
                for (int number = 0; number < most && findings.size() < MOST_FINDINGS; number++) {
                    String name = kind + ":" + number;
                    if (!only.isEmpty() && !only.equals(name) && !only.equals(kind.name())) {
                        continue;
                    }
                    Files.writeString(KEPT.resolve("current"), name + " of the seed " + seed + "\n");
                    Result result = tried(kind, new Mutations(new Random(seed * 1_000_003 + kind.ordinal() * 7919L
                            + number * 104_729L)), number);
                    outcomes.merge(result.outcome, 1, Integer::sum);
                    if (result.outcome == Outcome.FOUND) {
                        findings.add(name + ": " + result.text);
                        keep(name);
                    } else if (result.outcome == Outcome.REFUSED) {
                        refusals.append(name).append(": ").append(result.text).append('\n');
                    }
                }
                report.append("%s, %d, %d, %d, %d, %d%n".formatted(kind, outcomes.values().stream().mapToInt(n -> n)
                        .sum(), outcomes.getOrDefault(Outcome.ACCEPTED, 0), outcomes.getOrDefault(Outcome.REFUSED, 0),
                        outcomes.getOrDefault(Outcome.FOUND, 0), (System.nanoTime() - began) / 1_000_000_000));
                Files.writeString(KEPT.resolve("report.csv"), report);
                Files.write(KEPT.resolve("findings"), findings);
                Files.writeString(KEPT.resolve("refusals"), refusals);
            }
            long left = witness.softDevice().orElseThrow().get("live_bytes") - live;
            assertTrue(left <= 0, left + " bytes are left on the device");
        }
        System.out.println("fuzz of the seed " + seed + "\n" + report);
        assertEquals(List.of(), findings, () -> String.join("\n", findings));
    }

    private void keep(String name) throws IOException {
        Path target = KEPT.resolve(name.replace(':', '-'));
        Path source = folder.resolve("tried");
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = target.resolve(source.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.write(copy, Files.readAllBytes(file));
            }
        }
    }

    /** What is mutated: a run that is half done, pictures of several forms, cases. */
    private void prepare() throws Exception {
        nyu = NyuFolder.write(folder.resolve("nyu"), 3, 1, 5);
        nyuConfig = "{\"name\": \"fuzz\", \"data\": {\"source\": \"nyuv2\", \"path\": \"" + nyu
                + "\", \"batch\": 2}, " + TinyRooms.MODEL + ", \"balance\": {\"method\": \"equal\"}, \"optimizer\": "
                + "{\"method\": \"sgd\", \"lr\": 1e-3}, \"steps\": 2}";
        Path tiny = Files.writeString(folder.resolve("tiny.json"), TinyRooms.TEXT);
        begun = folder.resolve("begun");
        Path whole = folder.resolve("whole");
        run("train", tiny.toString(), "--device", "soft", "--out", whole.toString());
        HalfRun.train(tiny, begun);
        checkpoint = Files.readAllBytes(begun.resolve("checkpoint.safetensors"));
        fuzzed = new FuzzedData(folder);
        start = folder.resolve("start.safetensors");
        Map<String, HostTensor> parameters = new LinkedHashMap<>();
        try (TensorFile file = SafeTensors.open(whole.resolve("checkpoint.safetensors"))) {
            for (String name : file.names()) {
                if (name.startsWith("trunk.") || name.startsWith("heads.")) {
                    parameters.put(name, file.read(name));
                }
            }
        }
        SafeTensors.write(start, parameters, Map.of());
        startBytes = Files.readAllBytes(start);
        for (String name : List.of("rgb/0001.jpg", "depth_u8/0001.png", "label13/0001.png")) {
            pictures.put(name, Files.readAllBytes(nyu.resolve("train").resolve(name)));
        }
        picture("rgb/0001.jpg grey", BufferedImage.TYPE_BYTE_GRAY, "jpg");
        picture("depth_u8/0001.png 16", BufferedImage.TYPE_USHORT_GRAY, "png");
        picture("label13/0001.png palette", BufferedImage.TYPE_BYTE_INDEXED, "png");
        picture("label13/0001.png alpha", BufferedImage.TYPE_4BYTE_ABGR, "png");
        for (String name : List.of("residual", "toy2", "classify", "absent", "linear_heads")) {
            Map<String, byte[]> files = TinyRooms.contents(CaseFolders.of(name));
            files.keySet().retainAll(Set.of("case.json", "init.safetensors", "batches.safetensors"));
            cases.put(name, files);
        }
    }

    private void picture(String key, int type, String format) throws IOException {
        Path file = folder.resolve("made");
        BufferedImage image = new BufferedImage(64, 48, type);
        for (int x = 0; x < 64; x++) {
            image.setRGB(x, x % 48, 0xff000000 | x * 0x010203);
        }
        ImageIO.write(image, format, file.toFile());
        pictures.put(key, Files.readAllBytes(file));
    }

    private Result tried(Kind kind, Mutations mutations, int number) throws Exception {
        Path place = folder.resolve("tried");
        delete(place);
        Files.createDirectories(place);
        Set<Path> before = listing();
        Future<Result> result = worker.submit(() -> tried(kind, mutations, number, place));
        try {
            Result found = result.get(SECONDS, TimeUnit.SECONDS);
            Set<Path> more = listing();
            more.removeAll(before);
            more.removeIf(file -> file.startsWith(place) && (file.getParent().equals(place)
                    || FILES_OF_RUNS.contains(file.getFileName().toString())
                    || file.startsWith(place.resolve("out/samples"))
                    || !file.startsWith(place.resolve("out"))));
            return more.isEmpty() || found.outcome == Outcome.FOUND ? found : found("left behind: " + more);
        } catch (TimeoutException hang) {
            StringBuilder where = new StringBuilder();
            Thread.getAllStackTraces().forEach((thread, frames) -> {
                if (thread.getName().equals("tried")) {
                    Stream.of(frames).limit(30).forEach(frame -> where.append("\n    ").append(frame));
                }
            });
            worker = worker();
            return found("it takes longer than " + SECONDS + " s" + where);
        } catch (ExecutionException problem) {
            StringWriter trace = new StringWriter();
            problem.getCause().printStackTrace(new PrintWriter(trace));
            return found(trace.toString().lines().limit(25).reduce("", (all, line) -> all + "\n    " + line));
        }
    }

    private Set<Path> listing() throws IOException {
        Set<Path> files = new TreeSet<>();
        try (Stream<Path> all = Files.walk(folder)) {
            all.filter(file -> !file.startsWith(folder.resolve("engines"))).forEach(files::add);
        }
        return files;
    }

    private Result tried(Kind kind, Mutations mutations, int number, Path place) throws Exception {
        return switch (kind) {
            case CONFIGURATION -> configuration(mutations, number, place);
            case SETTING -> setting(mutations, place);
            case TENSORS -> tensors(mutations, place);
            case START -> start(mutations, place);
            case CHECKPOINT -> checkpoint(mutations, place);
            case PICTURE -> picture(mutations, place);
            case LIST -> list(mutations, place);
            case ENGINES -> engines(mutations, place);
            case CASE -> replayed(mutations, place);
            case DEVICE -> device(mutations, place);
            case MEASUREMENT -> measurement(mutations, place);
            case FORM -> read(() -> fuzzed.open(mutations, place));
            case DATA -> read(() -> fuzzed.read(mutations, place));
        };
    }

    private Result configuration(Mutations mutations, int number, Path place) throws Exception {
        String base = switch (number % 5) {
            case 0 -> Files.readString(Path.of("examples/rooms.json"));
            case 1 -> Files.readString(Path.of("examples/segnet.json"));
            case 2 -> nyuConfig;
            default -> TinyRooms.TEXT;
        };
        byte[] text = mutations.json(base);
        Path file = Files.write(place.resolve("fuzzed.json"), text);
        return trained(file, new String(text, StandardCharsets.UTF_8), List.of(), place);
    }

    private Result setting(Mutations mutations, Path place) throws Exception {
        String base = mutations.below(2) == 0 ? nyuConfig : TinyRooms.TEXT.replaceAll("//.*", "");
        Path file = Files.writeString(place.resolve("fuzzed.json"), base);
        List<String> given = new ArrayList<>();
        List<String> known = Mutations.settings(base);
        for (int settings = 1 + mutations.below(2); settings > 0; settings--) {
            given.add(mutations.setting(known));
        }
        Files.write(place.resolve("settings"), given);
        return trained(file, base + given, given, place);
    }

    /** Reads a configuration, and trains a few steps by it where it is small. */
    private Result trained(Path file, String input, List<String> given, Path place) throws Exception {
        TrainingConfig read;
        try {
            read = TrainingConfig.read(Config.read(file).with(given));
        } catch (UserException | IllegalStateException refused) {
            return refused(refused.getMessage(), input, "");
        }
        if (large(MAPPER.readTree(read.source().canonicalText()))) {
            return new Result(Outcome.ACCEPTED, "large");
        }
        List<String> arguments = new ArrayList<>(List.of("train", file.toString(), "--device", "soft", "--out",
                place.resolve("out").toString()));
        given.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        if (read.steps() > MOST_STEPS) {
            arguments.addAll(List.of("--set", "epochs=null", "--set", "steps=2", "--set", "validation=null"));
        }
        return ran(input, "", place, arguments.toArray(String[]::new));
    }

    private static boolean large(JsonNode source) {
        for (JsonNode value : List.of(source.path("model"), source.path("tasks"), source.path("data").path("batch"),
                source.path("validation"))) {
            if (largest(value) > LARGE) {
                return true;
            }
        }
        return source.toString().length() > 20_000;
    }

    private static double largest(JsonNode value) {
        if (!value.isContainerNode()) {
            // 255 is what marks an unlabelled place.
            return value.isNumber() && value.asInt() != 255 ? value.asDouble() : value.asText().contains("vgg")
                    || value.asText().contains("resnet") ? Double.MAX_VALUE : 0;
        }
        double largest = 0;
        for (JsonNode child : value) {
            largest = Math.max(largest, largest(child));
        }
        return largest;
    }

    private Result tensors(Mutations mutations, Path place) throws IOException {
        byte[] base = mutations.one(List.of(checkpoint, startBytes, cases.get("toy2").get("init.safetensors"),
                cases.get("classify").get("batches.safetensors")));
        byte[] bytes = mutations.tensors(base);
        Path path = Files.write(place.resolve("fuzzed.safetensors"), bytes);
        try (TensorFile file = SafeTensors.open(path)) {
            long elements = 0;
            for (String name : file.names()) {
                elements += file.read(name).elements();
            }
            return elements <= base.length ? accepted() : found(elements + " elements in " + base.length + " bytes");
        } catch (UserException refused) {
            return refused(refused.getMessage(), new String(bytes, StandardCharsets.ISO_8859_1), "fuzzed.safetensors");
        }
    }

    private Result start(Mutations mutations, Path place) throws Exception {
        byte[] bytes = mutations.tensors(startBytes);
        Path file = Files.write(place.resolve("fuzzed.safetensors"), bytes);
        return ran(new String(bytes, StandardCharsets.ISO_8859_1), "fuzzed.safetensors", place, "train",
                folder.resolve("tiny.json").toString(), "--device", "soft", "--out", place.resolve("out").toString(),
                "--init", file.toString(), "--set", "epochs=null", "--set",
                "steps=2", "--set", "validation=null");
    }

    private Result checkpoint(Mutations mutations, Path place) throws Exception {
        Path out = Files.createDirectory(place.resolve("out"));
        String mutated = mutations.below(4) > 0 ? "checkpoint.safetensors" : mutations.one(List.of("config.json",
                "log.jsonl", "metrics.jsonl", "speed.jsonl", "environment.jsonl"));
        for (Map.Entry<String, byte[]> file : TinyRooms.contents(begun).entrySet()) {
            byte[] bytes = file.getValue();
            if (file.getKey().equals(mutated)) {
                bytes = mutated.endsWith(".safetensors") ? mutations.tensors(bytes)
                        : mutated.equals("config.json") ? mutations.json(new String(bytes, StandardCharsets.UTF_8))
                        : mutations.bytes(bytes);
            }
            Files.createDirectories(out.resolve(file.getKey()).getParent());
            Files.write(out.resolve(file.getKey()), bytes);
        }
        String input = new String(Files.readAllBytes(out.resolve(mutated)), StandardCharsets.ISO_8859_1);
        return ran(input, "", place, "train", folder.resolve("tiny.json").toString(), "--device", "soft", "--resume",
                out.toString());
    }

    private Result picture(Mutations mutations, Path place) throws IOException {
        for (String split : List.of("rgb", "depth_u8", "label13")) {
            Files.createDirectories(place.resolve("train").resolve(split));
        }
        Files.writeString(place.resolve("train.txt"), "0001\n");
        for (String name : List.of("rgb/0001.jpg", "depth_u8/0001.png", "label13/0001.png")) {
            Files.write(place.resolve("train").resolve(name), pictures.get(name));
        }
        String key = mutations.one(List.copyOf(pictures.keySet()));
        Path file = place.resolve("train").resolve(key.split(" ")[0]);
        byte[] bytes = pictures.get(key);
        Files.write(file, mutations.below(20) == 0 ? bytes : key.contains(".png") ? mutations.png(bytes)
                : mutations.bytes(bytes));
        int pixels = 16 * 24;
        float[] image = new float[3 * pixels];
        Map<String, ByteBuffer> targets = new HashMap<>();
        targets.put("segmentation", buffer(4 * pixels));
        targets.put("depth", buffer(4 * pixels));
        targets.put("normals", buffer(12 * pixels));
        try {
            new NyuDepth(place, "train", 16, 24, 0).read(0, mutations.below(2) == 0, FloatBuffer.wrap(image), targets);
        } catch (UserException refused) {
            return refused(refused.getMessage(), "", "0001.");
        }
        for (float value : image) {
            if (!(Math.abs(value) < 10)) {
                return found("a colour of " + value);
            }
        }
        for (int i = 0; i < pixels; i++) {
            int number = targets.get("segmentation").getInt(4 * i);
            float metres = targets.get("depth").getFloat(4 * i);
            double length = 0;
            for (int axis = 0; axis < 3; axis++) {
                length += Math.pow(targets.get("normals").getFloat(12 * i + 4 * axis), 2);
            }
            if (number > 12 && number != 255 || !(metres >= 0 && metres < 11) || !(Math.abs(length - 1) < 1e-3
                    || length == 0)) {
                return found("class " + number + ", depth " + metres + ", a normal of length " + Math.sqrt(length));
            }
        }
        return accepted();
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    private Result list(Mutations mutations, Path place) throws IOException {
        byte[] base = "0001\n0002\n0003\n".getBytes(StandardCharsets.UTF_8);
        byte[] mutated = mutations.below(2) == 0 ? mutations.bytes(base)
                : mutations.editedTokens(new String(base, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
        Files.write(place.resolve("train.txt"), mutated);
        Files.createSymbolicLink(place.resolve("train"), nyu.resolve("train"));
        try {
            NyuDepth data = new NyuDepth(place, "train", 16, 24, 0);
            return data.size() > 0 ? accepted() : found("a data set of nothing");
        } catch (UserException refused) {
            return refused(refused.getMessage(), new String(mutated, StandardCharsets.ISO_8859_1), "train");
        }
    }

    /** What reads a mutated file. */
    private interface Reading {
        void read() throws IOException;
    }

    private static Result read(Reading reading) throws IOException {
        try {
            reading.read();
            return accepted();
        } catch (UserException refused) {
            return refused(refused.getMessage(), "null", "fuzz");
        }
    }

    private Result engines(Mutations mutations, Path place) throws IOException {
        String convolution = "float32 forward 2 x 3 x 16 x 24 -> 4, 3 x 3, stride 2, padding 1";
        Path tiny = folder.resolve("tiny.json");
        try (Device device = Device.open(DeviceKind.SOFT)) {
            String base = MAPPER.writeValueAsString(Map.of("format", 1, "device", device.name(), "compute_capability",
                    device.architecture(), "cudnn", device.dnn().version(), "convolutions", Map.of(convolution,
                    Map.of("engine", 0, "microseconds", 1.5, "knobs", Map.of("2", 1)), "another",
                    Map.of("engine", 3, "microseconds", 2, "knobs", Map.of()))));
            String name = (device.name() + "-" + device.architecture() + "-cudnn-" + device.dnn().version())
                    .toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9_]+", "-") + ".json";
            Files.createDirectories(folder.resolve("engines"));
            byte[] text = mutations.json(base);
            Files.write(place.resolve("kept.json"), text);
            Files.write(folder.resolve("engines").resolve(name), text);
        }
        Result result = ran("", "", place, "plan", tiny.toString(), "--device", "soft");
        delete(folder.resolve("engines"));
        // A file of hints is never why something fails.
        return result.outcome == Outcome.REFUSED ? found(result.text) : result;
    }

    private Result replayed(Mutations mutations, Path place) throws Exception {
        Path source = Files.createDirectory(place.resolve("case"));
        Map<String, byte[]> files = cases.get(mutations.one(List.copyOf(cases.keySet())));
        String mutated = mutations.below(2) == 0 ? "case.json" : mutations.one(List.copyOf(files.keySet()));
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            byte[] bytes = file.getValue();
            if (file.getKey().equals(mutated)) {
                bytes = mutated.endsWith(".json")
                        ? withFewSteps(mutations.json(new String(bytes, StandardCharsets.UTF_8)))
                        : mutations.tensors(bytes);
            }
            Files.write(source.resolve(file.getKey()), bytes);
        }
        String input = new String(Files.readAllBytes(source.resolve(mutated)), StandardCharsets.ISO_8859_1);
        return ran(input, "", place, "replay", source.toString(), place.resolve("out").toString(), "--device", "soft");
    }

    /** A case that asks for two thousand million steps is right to take days over them. */
    private static byte[] withFewSteps(byte[] text) {
        try {
            Config config = Config.parse(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString(),
                    "case");
            return config.longInteger("steps") <= MOST_REPLAYED ? text
                    : config.with("steps=" + MOST_REPLAYED).canonicalText().getBytes(StandardCharsets.UTF_8);
        } catch (UserException | CharacterCodingException refused) {
            return text;
        }
    }

    private Result device(Mutations mutations, Path place) throws IOException {
        String base;
        try (var text = DeviceDescription.class.getResourceAsStream("/io/gimbal/devices/h200.json")) {
            base = new String(text.readAllBytes(), StandardCharsets.UTF_8);
        }
        byte[] text = mutations.json(base);
        Path file = Files.write(place.resolve("fuzzed.json"), text);
        try {
            DeviceDescription.read(file.toString());
            return accepted();
        } catch (UserException refused) {
            return refused(refused.getMessage(), new String(text, StandardCharsets.UTF_8), "fuzzed.json");
        }
    }

    private static Result measurement(Mutations mutations, Path place) throws IOException {
        Benchmark benchmark = mutations.one(List.of(Benchmark.values()));
        String times = switch (benchmark) {
            case KERNELS -> "\"sizes\": \"1x2x2x1\", \"kernels\": [{\"kernel\": \"add\", \"of\": \"8\", \"launch_s\": "
                    + "{\"min\": 1e-6}}]";
            case STEP -> "\"batch\": 8, \"balancing\": \"own\", \"configuration\": {\"model\": {\"input\": [4]}}, "
                    + "\"step_s\": {\"min\": 0.5}, \"equal\": {\"step_s\": {\"min\": 0.25}}";
            case DATA -> "\"examples\": 9, \"passes\": {\"first\": {\"images_a_second_and_core\": 90.5, "
                    + "\"steady\": true}}";
            case PREDICT -> "\"batch\": 8, \"callers\": 8, \"ways\": {\"threads\": {\"image_s\": {\"min\": 0.5}}}";
        };
        String base = "{\"engine\": \"Gimbal\", \"device\": \"a device\", \"bench\": \"" + benchmark.text()
                + "\", \"form\": 1, " + times + "}";
        byte[] text = mutations.json(base);
        Path file = Files.write(place.resolve("fuzzed.json"), text);
        ObjectNode now = (ObjectNode) MAPPER.readTree(base);
        try {
            KeptBenchmark kept = KeptBenchmark.read(file, benchmark);
            kept.requireAlike(now, List.of("add 8", "own", "first", "threads"));
            String told = kept.compare(now, 1.1).text();
            return told.chars().anyMatch(c -> Character.isISOControl(c) && c != '\n') ? found(told) : accepted();
        } catch (UserException refused) {
            return refused(refused.getMessage(), new String(text, StandardCharsets.UTF_8), "fuzzed.json");
        }
    }

    /** Runs a command line. What it accepts must leave sound numbers behind. */
    private Result ran(String input, String named, Path place, String... arguments) throws IOException {
        Command command = run(arguments);
        String err = command.err();
        if (command.code() == 0) {
            return soundness(place.resolve("out"));
        }
        String message = err.lines().dropWhile(line -> !line.startsWith("gimbal: ")).reduce("", (all, line) -> all
                + (all.isEmpty() ? "" : "\n") + line);
        if (message.isEmpty() && err.contains("Usage: ")) {
            message = "gimbal: " + err.lines().findFirst().orElse("");
        }
        if (!message.startsWith("gimbal: ") || command.code() != 1 && command.code() != 2) {
            return found("code " + command.code() + " and: " + err);
        }
        // What a training comes to is its run's; what it was given is the file's.
        return refused(message.substring("gimbal: ".length()), input, command.code() == 2 ? named : "");
    }

    private static Command run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(arguments, new PrintWriter(out, true), new PrintWriter(err, true));
        return new Command(code, out.toString(), err.toString());
    }

    private static Result soundness(Path out) throws IOException {
        for (String name : List.of("log.jsonl", "trace.jsonl")) {
            Path file = out.resolve(name);
            if (!Files.exists(file)) {
                continue;
            }
            boolean any = false;
            for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
                JsonNode record;
                try {
                    record = MAPPER.readTree(line);
                } catch (JsonProcessingException mutated) {
                    // A resumed run keeps the lines of before as they are.
                    continue;
                }
                if (record.path("accepted").asBoolean(true)) {
                    any = true;
                    for (JsonNode loss : record.path("loss")) {
                        if (!loss.isNull() && !Double.isFinite(loss.asDouble())) {
                            return found("an accepted step of " + line);
                        }
                    }
                }
            }
            if (!any) {
                return found("no step was accepted, and the code is 0");
            }
        }
        for (String name : List.of("checkpoint.safetensors", "final.safetensors")) {
            Path file = out.resolve(name);
            if (Files.exists(file)) {
                try (TensorFile tensors = SafeTensors.open(file)) {
                    for (String tensor : tensors.names()) {
                        if (tensors.entry(tensor).type().name().equals("F32")) {
                            for (float value : tensors.read(tensor).floats()) {
                                if (!Float.isFinite(value)) {
                                    return found(name + " has " + value + " in " + tensor);
                                }
                            }
                        }
                    }
                }
            }
        }
        return accepted();
    }

    private static Result accepted() {
        return new Result(Outcome.ACCEPTED, "");
    }

    private static Result found(String what) {
        return new Result(Outcome.FOUND, what);
    }

    /** A refusal, if its message is one for people. */
    private static Result refused(String message, String input, String named) {
        String fault = message == null || message.isBlank() ? "there is no message"
                : message.chars().anyMatch(c -> Character.isISOControl(c) && c != '\n') ? "control characters"
                : PROGRAM.matcher(message).find() ? "words of the program"
                : NULL.matcher(message).find() && !input.contains("null") ? "null"
                : message.length() > 5000 ? message.length() + " characters"
                : !message.contains(named) ? "it does not name " + named : "";
        return fault.isEmpty() ? new Result(Outcome.REFUSED, message) : found(fault + ": " + message);
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> all = Files.walk(path)) {
            for (Path one : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(one);
            }
        }
    }

    /** A training that ends in its middle. */
    private static final class HalfRun {
        private HalfRun() {}

        static void train(Path config, Path out) throws IOException {
            Config source = Config.read(config);
            TrainingConfig training = TrainingConfig.read(source);
            try (Device device = Device.open(DeviceKind.SOFT); TrainingRun run = new TrainingRun(device, training,
                    RunFolder.create(out, "half", source), () -> { })) {
                run.run(new TrainingListener() {
                    @Override
                    public void step(StepRecord record) {}

                    @Override
                    public void validating(int examples) {
                        throw new IllegalStateException("half is enough");
                    }

                    @Override
                    public void validated(long step, Map<String, List<Score>> scores, boolean best) {}
                });
            } catch (IllegalStateException half) {
                assertTrue(half.getMessage().contains("half is enough"), half::getMessage);
            }
        }
    }
}
