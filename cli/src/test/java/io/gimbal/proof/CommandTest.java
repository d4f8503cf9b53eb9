package io.gimbal.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandTest {
    @TempDir
    private Path logs;

    private Command.Ended run(long seconds, String script) {
        return new Command("A trial", List.of("sh", "-c", script)).with("SAID", "hello").run(logs, seconds);
    }

    @Test
    void whatAProcessSaysIsKept() throws IOException {
        Command.Ended ended = run(20, "echo $SAID; echo bad >&2");
        assertTrue(ended.done());
        assertEquals(List.of("hello"), ended.lines());
        assertEquals("bad\n", Files.readString(logs.resolve("a-trial.err")));
    }

    @Test
    void aFailureIsToldByItsLastLine() {
        Command.Ended ended = run(20, "echo one; echo two >&2; echo >&2; exit 3");
        assertFalse(ended.done());
        assertEquals("exit code 3: two; see logs/a-trial.err", ended.reason());
    }

    @Test
    void aProcessThatTakesTooLongIsEndedWithAllThatItStarted() throws IOException, InterruptedException {
        Command.Ended ended = run(2, "sleep 100 & echo $!; wait");
        assertTrue(ended.outOfTime());
        assertTrue(ended.reason().startsWith("not done after "), ended.reason());
        long child = Long.parseLong(ended.lines().getFirst());
        for (int tenths = 0; tenths < 50 && ProcessHandle.of(child).isPresent(); tenths++) {
            Thread.sleep(100);
        }
        assertFalse(ProcessHandle.of(child).map(ProcessHandle::isAlive).orElse(false), "its child still runs");
    }

    @Test
    void withoutTimeNothingIsStarted() {
        Command.Ended ended = run(0, "echo started");
        assertTrue(ended.outOfTime());
        assertEquals(List.of(), ended.lines());
    }

    @Test
    void aProgramThatIsNotThereIsNamed() {
        String message = assertThrows(ProofException.class, () -> new Command("x", List.of("no-such-program"))
                .run(logs, 5)).getMessage();
        assertTrue(message.startsWith("no-such-program cannot be started"), message);
    }
}
