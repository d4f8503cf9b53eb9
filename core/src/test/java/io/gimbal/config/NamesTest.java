package io.gimbal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    private static final List<String> LAYERS = List.of("conv2d", "linear", "batch_norm", "relu", "sigmoid", "tanh",
            "max_pool", "upsample", "global_avg_pool", "flatten", "residual");

    @ParameterizedTest
    @CsvSource({"rleu,relu", "relu6,relu", "ReLU,relu", "conv,conv2d", "Conv2D,conv2d", "conv2,conv2d",
            "batchnorm,batch_norm", "BatchNorm2d,batch_norm", "max-pool,max_pool", "sigmod,sigmoid", "residul,residual",
            "global,global_avg_pool",
        "fl,", "softmax,", "x,", "'',", "'  ',"})
    void nearestFindsTheSlipsPeopleMakeAndNothingElse(String given, String meant) {
        assertEquals(Optional.ofNullable(meant), Names.nearest(given, LAYERS));
    }

    @ParameterizedTest
    @CsvSource({"'','',0", "a,'',1", "'',abc,3", "kitten,sitting,3", "abcd,abdc,1", "ca,abc,3", "same,same,0"})
    void distanceCountsEditsAndSwapsOfNeighbours(String a, String b, int edits) {
        assertEquals(edits, Names.distance(a, b));
        assertEquals(edits, Names.distance(b, a));
    }

    @Test
    void ofSeveralEquallyNearNamesTheFirstIsTaken() {
        assertEquals(Optional.of("l1"), Names.nearest("l3", List.of("l1", "l2")));
    }

    @Test
    void aBeginningThatSeveralNamesShareIsNoHint() {
        assertEquals(Optional.empty(), Names.nearest("seg", List.of("segmentation_a", "segmentation_b")));
    }

    @Test
    void hintIsASentenceOrNothing() {
        assertEquals(" Did you mean 'relu'?", Names.hint("rellu", LAYERS));
        assertEquals("", Names.hint("transformer", LAYERS));
        assertEquals("", Names.hint("relu", List.of()));
    }

    @Test
    void aHugeNameCostsNoTime() {
        String huge = "r".repeat(1_000_000);
        List<String> many = Collections.nCopies(1000, "relu");
        assertTimeoutPreemptively(Duration.ofSeconds(2), () -> assertTrue(Names.nearest(huge, many).isEmpty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "\u001b[31mred", "\u202Eevil", "a\u2028b", "\u0000", "\uD800"})
    void quotedNamesStayOnOneLineWithoutControlCharacters(String name) {
        String quoted = Names.quote(name);
        assertTrue(quoted.contains("\\"), quoted);
        assertFalse(quoted.codePoints().anyMatch(point -> Character.isISOControl(point) || point == 0x202E
                || point == 0x2028));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "\u001b[31mred", "\u202Eevil", "", "  ", "\uD800"})
    void aNameThatDoesNotPrintIsRefusedOnOneLine(String name) {
        String message = assertThrows(UserException.class, () -> Names.check("a task's name", name)).getMessage();
        assertTrue(message.startsWith("a task's name is "), message);
        assertFalse(message.codePoints().anyMatch(point -> Character.isISOControl(point) || point == 0x202E), message);
    }

    @Test
    void aNameIsAtMost100CharactersLong() {
        assertEquals("n".repeat(100), Names.check("a task's name", "n".repeat(100)));
        assertThrows(UserException.class, () -> Names.check("a task's name", "n".repeat(101)));
        assertThrows(UserException.class, () -> Names.check("a task's name", null));
    }

    @Test
    void aUsersExceptionShowsNoControlCharacterButTheEndsOfItsLines() {
        assertEquals("first\n  second \\u001b[31m \\r", new UserException("first\n  second \u001b[31m \r")
                .getMessage());
    }

    @Test
    void longNamesAreCutWithoutSplittingACharacter() {
        String quoted = Names.quote("\uD83D\uDE00".repeat(100));
        assertTrue(quoted.endsWith("...'"), quoted);
        assertFalse(quoted.contains("\\u"), quoted);
        assertEquals("'" + "\uD83D\uDE00".repeat(31) + "'", Names.quote("\uD83D\uDE00".repeat(31)));
    }
}
