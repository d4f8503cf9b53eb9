package io.gimbal.proof.phase;

import io.gimbal.proof.Clock;
import io.gimbal.proof.Command;
import io.gimbal.proof.PhaseWork;
import io.gimbal.proof.Proof;
import io.gimbal.proof.page.Claim;
import io.gimbal.proof.page.Findings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs the kernels' tests under the four tools of compute-sanitizer, where it is installed. */
public final class SanitizePhase implements PhaseWork {
    private static final List<String> TOOLS = List.of("memcheck", "racecheck", "initcheck", "synccheck");
    private static final Pattern SUMMARY = Pattern.compile("(?:ERROR SUMMARY: (\\d+) error|"
            + "RACECHECK SUMMARY: (\\d+) hazard)");
    /** Beside the search path; the toolkit does not put it there. */
    private static final List<String> USUAL_PLACES = List.of("/usr/local/cuda/bin", "/opt/cuda/bin");
    private static final int ERRORS_FOUND = 86;

    private final List<String> folders;

    public SanitizePhase() {
        this(usualFolders());
    }

    /** @param folders where the sanitizer is looked for */
    SanitizePhase(List<String> folders) {
        this.folders = List.copyOf(folders);
    }

    private static List<String> usualFolders() {
        String path = System.getenv("PATH");
        List<String> folders = new ArrayList<>(path == null ? List.of() : Arrays.asList(path.split(":")));
        folders.addAll(USUAL_PLACES);
        return folders;
    }

    @Override
    public void run(Proof proof, Findings findings, Clock clock) {
        Optional<Path> sanitizer = sanitizer();
        if (!proof.gpu() || sanitizer.isEmpty()) {
            String why = proof.gpu() ? "compute-sanitizer is in none of " + folders
                    : "compute-sanitizer watches a GPU; on the software device the kernels' tests watch by themselves "
                    + "(guarded ends, poisoned memory, true threads): see correct";
            findings.notMeasured(Claim.SANITIZERS, why);
            return;
        }
        long reported = 0;
        boolean all = true;
        for (int tool = 0; tool < TOOLS.size(); tool++) {
            Optional<Long> found = run(proof, findings, sanitizer.get(), TOOLS.get(tool),
                    clock.left() / (TOOLS.size() - tool));
            reported += found.orElse(0L);
            all &= found.isPresent();
            findings.write(proof.out(), clock.passed());
        }
        if (all || reported > 0) {
            findings.claim(Claim.SANITIZERS, reported, "over " + TOOLS);
        } else {
            findings.notMeasured(Claim.SANITIZERS, "not every tool came to its end");
        }
    }

    /** What a tool reports; empty where it did not come to its end. */
    private static Optional<Long> run(Proof proof, Findings findings, Path sanitizer, String tool, long seconds) {
        Path reports = proof.logs().resolve(tool + "-reports");
        List<String> words = new ArrayList<>(List.of(sanitizer.toString(), "--tool", tool, "--error-exitcode",
                Integer.toString(ERRORS_FOUND), "--target-processes", "application-only", "--print-limit", "20"));
        // The tests' own guards and poison would hide from the tools what was never written, and where memory ends.
        words.addAll(TestRun.words(proof, List.of("-Dgimbal.test.guards=false"), reports,
                List.of("--select-package=io.gimbal.kernels", "--include-tag=device")));
        Command.Ended ended = proof.prepared(new Command(tool, words)).run(proof.logs(), seconds);
        TestRun tests = TestRun.read(ended, reports);
        List<Long> summaries = summaries(ended);
        long reported = summaries.stream().mapToLong(Long::longValue).sum();
        boolean complete = !ended.outOfTime() && !summaries.isEmpty() && tests.passed() > 0;
        findings.figures().withObject("tools").putObject(tool).put("reported", reported).put("complete", complete)
                .put("tests", tests.passed()).put("seconds", ended.seconds());
        if (!complete && reported == 0) {
            findings.notMeasured(tool, "nothing reported", tests.note().isEmpty() ? ended.reason() : tests.note());
            return Optional.empty();
        }
        findings.check(tool, reported == 0 && tests.failures().isEmpty(), reported + " reported; " + tests.summary(),
                "nothing reported", reported > 0 ? "see logs/" + ended.output().getFileName() : tests.note());
        return Optional.of(reported);
    }

    private static List<Long> summaries(Command.Ended ended) {
        List<Long> counts = new ArrayList<>();
        for (String line : ended.lines()) {
            Matcher summary = SUMMARY.matcher(line);
            if (summary.find()) {
                counts.add(Long.parseLong(summary.group(1) != null ? summary.group(1) : summary.group(2)));
            }
        }
        return counts;
    }

    private Optional<Path> sanitizer() {
        return folders.stream().map(folder -> Path.of(folder, "compute-sanitizer")).filter(Files::isExecutable)
                .findFirst();
    }
}
