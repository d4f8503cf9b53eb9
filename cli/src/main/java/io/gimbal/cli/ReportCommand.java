package io.gimbal.cli;

import io.gimbal.config.UserException;
import io.gimbal.page.ReportPage;
import io.gimbal.page.RunFiles;
import io.gimbal.page.RunRecord;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal report}. */
@Command(name = "report", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Makes a page of a run, or of several side by side: one HTML file that needs no network.")
final class ReportCommand implements Callable<Integer> {
    private static final int MOST_RUNS = 32;

    @Parameters(paramLabel = "RUN", arity = "1..*", description = "Folders of runs.")
    private List<Path> folders;

    @Option(names = "--out", paramLabel = "FILE", description = "The page; by default report.html, in the run's folder "
            + "or, of several runs, where one is.")
    private Path out;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        requireDifferent();
        Path file = out != null ? out : folders.size() == 1 ? folders.getFirst().resolve(RunFiles.REPORT)
                : Path.of(RunFiles.REPORT);
        List<RunRecord> runs = folders.stream().map(RunRecord::read).toList();
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && Files.isRegularFile(file) && !ReportPage.isOne(file)) {
            throw new UserException(file + ": is no report of Gimbal's, and is not overwritten; name another file with "
                    + "--out");
        }
        ReportPage.write(runs, file);
        spec.commandLine().getOut().println("Report of " + (runs.size() == 1 ? "the run" : runs.size() + " runs")
                + ": " + file);
        return 0;
    }

    private void requireDifferent() {
        if (folders.size() > MOST_RUNS) {
            throw new UserException("there are " + folders.size() + " runs; a page shows at most " + MOST_RUNS
                    + " side by side");
        }
        Set<Path> seen = new HashSet<>();
        for (Path folder : folders) {
            if (!seen.add(folder.toAbsolutePath().normalize())) {
                throw new UserException(folder + " is given twice; a page shows each run once");
            }
        }
    }
}
