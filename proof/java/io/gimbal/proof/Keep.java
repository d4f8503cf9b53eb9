package io.gimbal.proof;

import io.gimbal.proof.page.ResultsTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code proof/prove keep}: takes a run into {@code bench/results} of a checkout. */
@Command(name = "keep", mixinStandardHelpOptions = true,
        description = "In a checkout: takes a run's folder, but for its logs, into bench/results, and makes the tables "
                + "of bench/results/README.md and README.md anew.")
final class Keep implements Callable<Integer> {
    @Parameters(paramLabel = "RUN", description = "The run's folder, as the proof left it.")
    private Path run;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path home = Prove.home();
        if (!Files.isRegularFile(home.resolve("pom.xml"))) {
            throw new ProofException("results are kept in a checkout of Gimbal's sources; " + home + " is none");
        }
        if (!Files.isRegularFile(run.resolve("README.md"))) {
            throw new ProofException(run + " is no run of the proof: it holds no README.md");
        }
        Path results = home.resolve("bench").resolve("results");
        Path kept = results.resolve(run.toAbsolutePath().normalize().getFileName().toString());
        if (Files.exists(kept)) {
            throw new ProofException(kept + " is there already; rename the one or the other");
        }
        try {
            copy(kept);
            tables(home);
        } catch (IOException failure) {
            throw new ProofException(failure.getMessage() + ": the run could not be kept");
        }
        spec.commandLine().getOut().println(kept);
        return 0;
    }

    /** Pages, figures and pictures; of the logs nothing, since they name folders of the machine. */
    private void copy(Path kept) throws IOException {
        Files.createDirectory(kept);
        try (Stream<Path> files = Files.list(run)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, kept.resolve(file.getFileName().toString()));
            }
        }
    }

    static void tables(Path home) throws IOException {
        Path results = home.resolve("bench").resolve("results");
        for (Path file : List.of(home.resolve("README.md"), results.resolve("README.md"))) {
            String link = file.startsWith(results) ? "" : "bench/results/";
            Files.writeString(file, ResultsTable.within(Files.readString(file), ResultsTable.of(results, link), file));
        }
    }
}
