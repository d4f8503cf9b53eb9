package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.page.ReportPage;
import io.gimbal.page.RunFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {
    @TempDir
    private Path folder;
    private String one;
    private String two;

    @BeforeEach
    void twoRuns() {
        one = RunFolders.write(folder.resolve("one"), "b", 6).toString();
        two = RunFolders.write(folder.resolve("two"), "b", 9).toString();
    }

    @Test
    void ofOneRunThePageLiesInItsFolder() {
        Command command = Command.run("report", one).succeeds();
        assertEquals("Report of the run: " + one + "/report.html" + System.lineSeparator(), command.out());
        assertTrue(ReportPage.isOne(Path.of(one, "report.html")));
        Command.run("report", one).succeeds();
    }

    @Test
    void ofSeveralRunsItLiesWhereOneSays() throws IOException {
        Path file = folder.resolve("both.html");
        Command.run("report", one, two, "--out", file.toString()).succeeds();
        String page = Files.readString(file);
        assertTrue(page.contains("\"folder\":\"" + one + "\"") && page.contains("\"folder\":\"" + two + "\""));
    }

    @Test
    void anotherFileIsNotOverwritten() throws IOException {
        Path mine = Files.writeString(folder.resolve("report.html"), "<html>mine</html>");
        Command.run("report", one, two, "--out", mine.toString()).refuses(2, mine + ": is no report of Gimbal's",
                "--out");
        assertEquals("<html>mine</html>", Files.readString(mine));
    }

    @Test
    void whatIsNoRunIsRefused() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Command.run("report", empty.toString()).refuses(2, empty + ": holds no config.json");
        Command.run("report", folder.resolve("none").toString()).refuses(2, "there is no such folder");
        Command.run("report", one, one + "/../one").refuses(2, "is given twice");
        Command.run("report").refuses(2, "RUN");
        Files.writeString(Path.of(one, "log.jsonl"), "{\"step\":0}\n[]\n");
        Command.run("report", one).refuses(2, one + "/log.jsonl: line 2 holds START_ARRAY");
        Command.run("report", two, "--out", folder.resolve("x/y.html").toString()).refuses(2, "x/y.html");
    }
}
