package io.gimbal.ranks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a secret may be from, and that nobody sees it. */
class SecretTest {
    private static final String TEXT = "correct horse battery staple";
    private static final String LABEL = "label";

    @TempDir
    private Path folder;

    private Path file(String permissions, String text) throws IOException {
        Path file = Files.writeString(folder.resolve("secret"), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    private static String refusal(Path file) {
        return assertThrows(UserException.class, () -> Secret.fromFile(file)).getMessage();
    }

    @Test
    void theSameTextIsTheSameSecretWhereverItIsFrom() throws IOException {
        byte[] expected = Secret.of(TEXT).authenticate(LABEL);
        assertArrayEquals(expected, Secret.fromFile(file("rw-------", TEXT + "\n")).authenticate(LABEL));
        assertArrayEquals(expected, Secret.fromFile(file("r--------", TEXT)).authenticate(LABEL));
        Map<String, String> environment = new HashMap<>();
        Secret.of(TEXT).giveTo(environment);
        assertArrayEquals(expected, Secret.fromEnvironment(environment).orElseThrow().authenticate(LABEL));
        assertEquals(Optional.empty(), Secret.fromEnvironment(Map.of(Secret.VARIABLE, " ")));
        assertEquals(Optional.empty(), Secret.fromEnvironment(Map.of()));
    }

    @Test
    void randomOnesAreNeverTheSameAndCanBeGivenOn() {
        Secret secret = Secret.random();
        Map<String, String> environment = new HashMap<>();
        secret.giveTo(environment);
        assertEquals(64, environment.get(Secret.VARIABLE).length());
        assertArrayEquals(secret.authenticate(LABEL),
                Secret.fromEnvironment(environment).orElseThrow().authenticate(LABEL));
        assertFalse(java.util.Arrays.equals(secret.authenticate(LABEL), Secret.random().authenticate(LABEL)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rw-----w-", "rw---x---", "rwxrwxrwx"})
    void aFileThatOthersHaveRightsToIsRefused(String permissions) throws IOException {
        Path file = file(permissions, TEXT);
        assertEquals(file + ": others than its owner have rights to it (" + permissions + "), but it holds the ranks' "
                + "secret. Take them away by 'chmod 600 " + file + "', and if others may have read it, make one by "
                + "'openssl rand -hex 32'.", refusal(file));
    }

    @Test
    void whatIsNoFileOrTooShortOrTooLongIsRefused() throws IOException {
        assertEquals(folder + ": is a folder, where a file with the ranks' secret is needed.", refusal(folder));
        Path missing = folder.resolve("missing");
        assertEquals(missing + ": there is no such file.", refusal(missing));
        Path file = file("rw-------", "fifteen bytes!!\n");
        assertEquals("the ranks' secret from the file " + file + " has 15 bytes, but must have 16 to 4096: make one by "
                + "'openssl rand -hex 32'.", refusal(file));
        assertEquals(file + ": has 4097 bytes, but a secret may have at most 4096: make one by 'openssl rand -hex 32'.",
                refusal(file("rw-------", "x".repeat(4097))));
        Files.write(file, new byte[] {-1, -2, -3});
        assertEquals(file + ": cannot be read: it is not text in UTF-8.", refusal(file));
        assertEquals("the ranks' secret from the environment variable GIMBAL_SECRET has 5 bytes, but must have 16 to "
                + "4096: make one by 'openssl rand -hex 32'.", assertThrows(UserException.class,
                        () -> Secret.fromEnvironment(Map.of(Secret.VARIABLE, "short"))).getMessage());
    }

    @Test
    void nobodySeesIt() throws IOException {
        for (Secret secret : new Secret[] {Secret.of(TEXT), Secret.fromFile(file("rw-------", TEXT)),
            Secret.fromEnvironment(Map.of(Secret.VARIABLE, TEXT)).orElseThrow()}) {
            Meeting meeting = new Meeting(1, 2, new Address("localhost", 1), secret, Party.MILLISECOND);
            assertFalse(meeting.toString().contains("horse"), meeting.toString());
            assertTrue(secret.toString().startsWith("a secret from "), secret.toString());
        }
    }
}
