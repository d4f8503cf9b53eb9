package io.gimbal.proof.phase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.proof.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestRunTest {
    private static final String PASSED = "<testcase name=\"one()\" classname=\"a.B\"/>";
    private static final String SKIPPED = "<testcase name=\"two()\" classname=\"a.B\"><skipped/></testcase>";
    private static final String FAILED =
            "<testcase name=\"three()\" classname=\"a.B\"><failure message=\"1 is\n no 2\"/></testcase>";

    @TempDir
    private Path folder;

    private TestRun read(int status, String... tests) throws IOException {
        Files.writeString(folder.resolve("TEST-junit-jupiter.xml"), "<testsuite>" + String.join("", tests)
                + "</testsuite>");
        return TestRun.read(new Command.Ended(status, 1, folder.resolve("out"), folder.resolve("err")), folder);
    }

    @Test
    void passedSkippedAndFailedTestsAreCounted() throws IOException {
        TestRun run = read(1, PASSED, PASSED, SKIPPED, FAILED);
        assertEquals("2 passed, 1 skipped, 1 failed", run.summary());
        assertEquals(List.of("B.three(): 1 is no 2"), run.failures());
        assertFalse(run.holds());
    }

    @Test
    void testsHoldOnlyIfSomePassedAndTheProcessEndedWell() throws IOException {
        assertTrue(read(0, PASSED, SKIPPED).holds());
        assertFalse(read(0, SKIPPED).holds(), "nothing was tested");
        assertFalse(read(134, PASSED).holds(), "the process broke down");
    }

    @Test
    void aReportThatIsCutOffCountsForNothing() throws IOException {
        Files.writeString(folder.resolve("TEST-junit-jupiter.xml"), "<testsuite>" + PASSED);
        TestRun run = TestRun.read(new Command.Ended(-1, 1, folder.resolve("out"), folder.resolve("err")), folder);
        assertEquals(0, run.passed());
        assertFalse(run.holds());
        assertTrue(run.note().startsWith("not done after 1 s"), run.note());
    }
}
