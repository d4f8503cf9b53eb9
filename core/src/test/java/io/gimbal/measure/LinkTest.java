package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinkTest {
    @Test
    void aRingMovesWhatOneOfNRanksLacksOnceToGatherAndTwiceToReduce() {
        Link link = new Link("made up", 8, 1, "made up");
        assertEquals(1 + 2 * 3.0 / 4 * 32 / 8, link.reduceSeconds(32, 4));
        assertEquals(1 + 3.0 / 4 * 32 / 8, link.gatherSeconds(32, 4));
        assertEquals(1, link.reduceSeconds(0, 4));
        assertEquals(1, link.gatherSeconds(32, 1));
    }

    @Test
    void aLinkIsKnownByItsNameOrGivenByTwoFigures() {
        assertEquals("nvlink", Link.of("nvlink").name());
        assertTrue(Link.of("400G").bytesPerSecond() < Link.of("nvlink").bytesPerSecond());
        Link given = Link.of("12.5,20");
        assertEquals(12.5e9, given.bytesPerSecond());
        assertEquals(20e-6, given.latency(), 1e-12);
        assertEquals(0, Link.of("100,0").latency());
    }

    @ParameterizedTest
    @ValueSource(strings = {"pcie", "", "100", "100,", "100,20,3", "-100,20", "0,20", "NaN,1", "1e3,2"})
    void anUnknownLinkIsRefusedByName(String text) {
        String message = assertThrows(UserException.class, () -> Link.of(text)).getMessage();
        assertTrue(message.startsWith("--link is '" + text + "'; it may be 400G, nvlink, or GB/s"), message);
    }
}
