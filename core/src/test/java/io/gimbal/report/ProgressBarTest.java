package io.gimbal.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressBarTest {
    private static final long SECOND = 1_000_000_000;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private OptionalInt columns = OptionalInt.of(80);
    private long now;

    private ProgressBar bar(String name, long most, boolean passing) {
        return ProgressBar.on(new PrintStream(printed, true, StandardCharsets.UTF_8), () -> columns, () -> now, name,
                most, passing);
    }

    private String text() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    /** What a terminal shows at last: a carriage return goes back to the line's beginning. */
    private String seen() {
        StringBuilder line = new StringBuilder();
        for (String paint : text().split("\r")) {
            line.replace(0, Math.min(paint.length(), line.length()), paint);
        }
        return line.toString();
    }

    @Test
    void inATerminalItIsSeenAtOnceAndStaysAtItsEnd() {
        ProgressBar bar = bar("replay", 4, false);
        assertTrue(seen().startsWith("replay   0% [ ") && seen().contains("] 0/4 (0:00:00 / ?)"), seen());
        now = 2 * SECOND;
        bar.step();
        assertTrue(seen().startsWith("replay  25% [=") && seen().contains("] 1/4 (0:00:02 / 0:00:06)"), seen());
        bar.stepBy(3);
        assertTrue(seen().contains(" 1/4 "), "it is painted too often: " + seen());
        bar.close();
        assertTrue(seen().startsWith("replay 100% [==") && seen().contains("=] 4/4 "), seen());
        assertTrue(text().endsWith(System.lineSeparator()));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 10, 40, 79, 80, 200})
    void itFitsTheTerminalWhateverIsSaid(int width) {
        columns = OptionalInt.of(width);
        ProgressBar bar = bar("", 320, false);
        StringBuilder message = new StringBuilder();
        for (int task = 0; task < 32; task++) {
            message.append("深度估计").append(task).append(" 0.52x1.0 ");
        }
        bar.message(message::toString);
        now = SECOND;
        bar.stepTo(120);
        bar.close();
        for (String paint : text().split("\r|" + System.lineSeparator())) {
            assertTrue(Columns.of(paint) <= Math.max(3, width - 1), () -> width + " columns: '" + paint + "'");
        }
        if (width >= 40) {
            assertTrue(seen().contains("37%") && seen().contains("120/320"), seen());
        }
    }

    @Test
    void aShorterTextLeavesNothingOfALongerOne() {
        ProgressBar bar = bar("", 10, false);
        bar.message(() -> "a message of some length");
        bar.show();
        bar.message(() -> "");
        bar.show();
        assertFalse(seen().contains("length"), seen());
    }

    @Test
    void controlCharactersOfNamesDoNotReachTheTerminal() {
        ProgressBar bar = bar("", 10, false);
        bar.message(() -> "a\u001b[2J\nb");
        bar.show();
        assertTrue(seen().contains("a?[2J?b"), seen());
    }

    @Test
    void wipedAwayItLeavesAnEmptyLineUntilTheNextStep() {
        ProgressBar bar = bar("", 10, false);
        bar.wipe();
        assertTrue(seen().isBlank(), seen());
        assertTrue(text().endsWith("\r"));
        bar.step();
        assertTrue(seen().contains("1/10"), seen());
    }

    @Test
    void inAFileALineIsWrittenEvery30Seconds() {
        columns = OptionalInt.empty();
        ProgressBar bar = bar("training", 1000, false);
        bar.message(() -> "depth 0.50x1.0");
        for (int second = 1; second <= 100; second++) {
            now = second * SECOND;
            bar.step();
        }
        bar.wipe();
        bar.close();
        assertEquals("""
                training: 30 of 1000 (3 %) in 0:00:30, 0:16:10 left; depth 0.50x1.0
                training: 60 of 1000 (6 %) in 0:01:00, 0:15:40 left; depth 0.50x1.0
                training: 90 of 1000 (9 %) in 0:01:30, 0:15:10 left; depth 0.50x1.0
                """, text());
    }

    @Test
    void inAFileWhatIsQuickSaysNothing() {
        columns = OptionalInt.empty();
        try (ProgressBar bar = bar("", 8, false)) {
            for (int step = 0; step < 8; step++) {
                now += SECOND;
                bar.step();
                bar.show();
            }
        }
        assertEquals("", text());
    }

    @Test
    void aPassingBarIsSeenAfterASecondAndWipedAway() {
        ProgressBar bar = bar("Planning convolutions", -1, true);
        bar.step();
        now = SECOND / 2;
        bar.step();
        assertEquals("", text());
        now = 3 * SECOND;
        bar.step();
        assertTrue(seen().startsWith("Planning convolutions 3 (0:00:03)"), seen());
        bar.close();
        assertTrue(seen().isBlank(), seen());
    }

    @Test
    void stepsOfAnEarlierRunDoNotCountForTheTimeLeft() {
        ProgressBar bar = bar("", 100, false);
        bar.startFrom(80);
        now = 10 * SECOND;
        bar.stepTo(90);
        assertTrue(seen().contains("90/100 (0:00:10 / 0:00:10)"), seen());
    }

    @Test
    void nothingToDoIsDone() {
        bar("", 0, false).close();
        assertTrue(seen().contains("100% [") && seen().contains("0/0"), seen());
    }

    @Test
    void noneIsNeverSeen() {
        try (ProgressBar bar = ProgressBar.none()) {
            bar.message(() -> {
                throw new AssertionError("nobody sees it");
            });
            bar.startFrom(3);
            bar.step();
            bar.show();
            bar.wipe();
        }
    }
}
