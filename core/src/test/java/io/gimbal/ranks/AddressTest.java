package io.gimbal.ranks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gimbal.config.UserException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses as users write them, and who may meet there. */
class AddressTest {
    @ParameterizedTest
    @ValueSource(strings = {"node1:29400", "10.0.0.7:1", "[fe80::1%eth0]:65535", "[::1]:0"})
    void anAddressIsReadAndWrittenAlike(String text) {
        assertEquals(text, Address.of("--meet", text).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "node1", ":1", "node1:", "node1:x", "node1:-1", "node1:65536", "::1:29400", "[]:1",
        "node1:999999", "node1:1 "})
    void whatIsNoAddressIsRefused(String text) {
        assertEquals("--meet is '" + text + "', but must be HOST:PORT, such as node1:29400, 10.0.0.7:29400 or "
                + "[fe80::1]:29400, with a port of at most 65535.",
                assertThrows(UserException.class, () -> Address.of("--meet", text)).getMessage());
    }

    private static String refusal(int rank, int ranks, int port, Duration patience) {
        return assertThrows(UserException.class, () -> new Meeting(rank, ranks, new Address("node1", port),
                Secret.random(), patience)).getMessage();
    }

    @Test
    void aMeetingThatCannotBeIsRefused() {
        Duration second = Duration.ofSeconds(1);
        assertEquals("the number of ranks is 0, but must be at least 1.", refusal(0, 0, 1, second));
        assertEquals("the number of ranks is 1025, but may be at most 1024.", refusal(0, 1025, 1, second));
        assertEquals("the rank is 4, but of 4 ranks it must be 0 to 3.", refusal(4, 4, 1, second));
        assertEquals("the rank is -1, but of 4 ranks it must be 0 to 3.", refusal(-1, 4, 1, second));
        assertEquals("the time for which ranks wait for each other is 0 s, but must be above 0.",
                refusal(0, 4, 1, Duration.ZERO));
        assertEquals("node1:0: rank 1 must be told at which port rank 0 listens; only rank 0 may take any that is "
                + "free (0).", refusal(1, 4, 0, second));
    }
}
