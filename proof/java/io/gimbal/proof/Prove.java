package io.gimbal.proof;

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.device.Survey;
import io.gimbal.device.Versions;
import io.gimbal.proof.page.Check;
import io.gimbal.proof.page.Findings;
import io.gimbal.proof.page.Overview;
import io.gimbal.proof.page.Status;
import io.gimbal.proof.phase.CorrectPhase;
import io.gimbal.proof.phase.LearnPhase;
import io.gimbal.proof.phase.MachinePhase;
import io.gimbal.proof.phase.RanksPhase;
import io.gimbal.proof.phase.SanitizePhase;
import io.gimbal.proof.phase.SpeedPhase;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code proof/prove}: runs the phases of the proof, and ends with 1 if a check of one failed. */
@Command(name = "proof/prove", mixinStandardHelpOptions = true, sortOptions = false, subcommands = Keep.class,
        description = "Measures on the GPU at hand what Gimbal claims: each phase leaves PHASE.json and PHASE.md, and "
                + "takes less than eight minutes.")
final class Prove implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    @Parameters(paramLabel = "PHASE", arity = "0..*",
            description = "machine, correct, sanitize, speed, learn, ranks (default: all of them, in this order).")
    private List<String> phases = List.of();

    @Option(names = "--device", paramLabel = "gpu|soft", defaultValue = "gpu",
            description = "What is proved: a GPU (the default); or the software device, which tries the proof itself: "
                    + "the bars are a GPU's, and sizes are smaller.")
    private String device;

    @Option(names = "--out", paramLabel = "DIR",
            description = "Where the results go (default: a fresh folder below results/ with the date and device).")
    private Path out;

    @Option(names = "--nyuv2", paramLabel = "DIR",
            description = "NYU Depth v2, as docs/guide.md describes it; without it, made-up rooms are learnt.")
    private Path scenes;

    @Option(names = "--python", paramLabel = "PROGRAM", defaultValue = "python3",
            description = "The Python that has PyTorch (default: python3).")
    private String python;

    @Spec
    private CommandSpec spec;

    private Prove() {}

    public static void main(String[] arguments) {
        // A proof that is stopped leaves no process on the device.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ProcessHandle.current().descendants()
                .forEach(ProcessHandle::destroyForcibly)));
        System.exit(run(arguments, new PrintWriter(System.out, true), new PrintWriter(System.err, true)));
    }

    static int run(String[] arguments, PrintWriter screen, PrintWriter messages) {
        return new CommandLine(new Prove()).setOut(screen).setErr(messages)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    if (!(failure instanceof ProofException)) {
                        throw failure;
                    }
                    messages.println("prove: " + failure.getMessage());
                    return USAGE;
                }).execute(arguments);
    }

    @Override
    public Integer call() {
        Set<Phase> asked = asked();
        boolean gpu = switch (device) {
            case "gpu" -> true;
            case "soft" -> false;
            default -> throw wrong("--device is '" + device + "'; it may be gpu or soft");
        };
        if (scenes != null && !Files.isRegularFile(scenes.resolve("train.txt"))) {
            throw wrong("--nyuv2 " + scenes + ": holds no train.txt; docs/guide.md says what the folder has");
        }
        Survey survey = Device.survey();
        Survey.Place place = gpu ? survey.gpu() : survey.software();
        if (!place.usable()) {
            throw new ProofException("no " + place.title() + " can be used: " + place.reason()
                    + (gpu ? "; --device soft tries the proof without one" : ""));
        }
        ObjectNode about = about(gpu);
        Path folder = folder(about.path("device").asText());
        Proof proof = new Proof(home(), gpu, folder, Optional.ofNullable(scenes).map(Path::toAbsolutePath), python);
        Map<Phase, Findings> found = new LinkedHashMap<>();
        for (Phase phase : asked) {
            found.put(phase, run(phase, proof, about));
            new Overview(about).write(folder);
        }
        return conclude(found, folder);
    }

    private Findings run(Phase phase, Proof proof, ObjectNode about) {
        PrintWriter screen = spec.commandLine().getOut();
        screen.println(phase.title() + ": " + phase.subject());
        Findings findings = new Findings(phase, about, proof.gpu());
        Clock clock = new Clock(Phase.SECONDS - 10);
        try {
            PhaseWork work = switch (phase) {
                case MACHINE -> new MachinePhase();
                case CORRECT -> new CorrectPhase();
                case SANITIZE -> new SanitizePhase();
                case SPEED -> new SpeedPhase();
                case LEARN -> new LearnPhase();
                case RANKS -> new RanksPhase();
            };
            work.run(proof, findings, clock);
        } catch (ProofException stopped) {
            findings.check("the phase runs to its end", false, stopped.getMessage(), "to its end", "");
        }
        findings.write(proof.out(), clock.passed());
        for (Check check : findings.checks()) {
            screen.printf(Locale.ROOT, "  %-12s  %s: %s%s%n", check.status().text(), check.name(),
                    check.measured().isEmpty() ? "-" : check.measured(),
                    check.status() == Status.PASSED || check.note().isEmpty() ? "" : " (" + check.note() + ")");
        }
        screen.printf(Locale.ROOT, "  %.0f s; %s%n", clock.passed(), proof.out().resolve(phase.title() + ".md"));
        return findings;
    }

    private int conclude(Map<Phase, Findings> found, Path folder) {
        long failed = found.values().stream().mapToLong(each -> each.count(Status.FAILED)).sum();
        long open = found.values().stream().mapToLong(each -> each.count(Status.NOT_MEASURED)).sum();
        long passed = found.values().stream().mapToLong(each -> each.count(Status.PASSED)).sum();
        spec.commandLine().getOut().printf("%d checks passed, %d failed, %d not measured; all of it is in %s%n", passed,
                failed, open, folder);
        return failed > 0 ? FAILED : 0;
    }

    private Set<Phase> asked() {
        Set<Phase> asked = new LinkedHashSet<>();
        for (String title : phases) {
            asked.add(Phase.named(title).orElseThrow(() -> wrong("'" + title + "' is no phase; there are "
                    + String.join(", ", Phase.titles()))));
        }
        return asked.isEmpty() ? new LinkedHashSet<>(List.of(Phase.values())) : asked;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    static Path home() {
        String home = System.getProperty("gimbal.home");
        if (home == null) {
            throw new ProofException("the system property gimbal.home is not set: start the proof by proof/prove");
        }
        return Path.of(home);
    }

    private Path folder(String deviceName) {
        Path folder = out != null ? out : fresh(deviceName);
        try {
            Files.createDirectories(folder.resolve("logs"));
            return folder.toRealPath();
        } catch (IOException unwritable) {
            throw new ProofException(folder + " cannot be made: " + unwritable.getMessage()
                    + "; name another folder with --out");
        }
    }

    private static Path fresh(String deviceName) {
        String name = LocalDate.now() + "-" + deviceName.toLowerCase(Locale.ROOT)
                .replaceAll("\\(.*\\)", "").strip().replaceAll("[^a-z0-9]+", "-");
        Path folder = Path.of("results", name);
        for (int k = 2; Files.exists(folder); k++) {
            folder = Path.of("results", name + "-" + k);
        }
        return folder;
    }

    private static ObjectNode about(boolean gpu) {
        ObjectNode about = Findings.MAPPER.createObjectNode().put("date", LocalDate.now().toString())
                .put("kind", gpu ? "gpu" : "soft");
        try (Device opened = Device.open(gpu ? DeviceKind.GPU : DeviceKind.SOFT)) {
            Versions versions = opened.versions();
            return about.put("device", opened.name()).put("architecture", opened.architecture())
                    .put("memory_bytes", opened.totalMemory()).put("cuda", versions.driver())
                    .put("nvrtc", versions.nvrtc()).put("cublas", versions.cublas()).put("cudnn", versions.cudnn())
                    .put("gimbal", version());
        }
    }

    private static String version() {
        String version = Device.class.getPackage().getImplementationVersion();
        return version == null ? "not packaged" : version;
    }
}
