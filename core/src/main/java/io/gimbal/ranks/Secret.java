package io.gimbal.ranks;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What the ranks of a training know and nobody else does: a text of 16 to 4096 bytes. It is never printed, and never
 * sent; messages say where it is from. Immutable, and safe for any thread.
 */
public final class Secret {
    /** The environment variable that {@link #fromEnvironment} reads. */
    public static final String VARIABLE = "GIMBAL_SECRET";

    private static final String ALGORITHM = "HmacSHA256";
    private static final int LEAST_BYTES = 16;
    private static final int MOST_BYTES = 4096;
    private static final int RANDOM_BYTES = 32;
    private static final Set<PosixFilePermission> OWNERS = EnumSet.of(PosixFilePermission.OWNER_READ,
            PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);
    private static final String ANOTHER = "make one by 'openssl rand -hex 32'";

    private final String text;
    private final Origin origin;
    private final String place;

    /** Where a secret can be from. Other ranks are told this much of it, and no path. */
    enum Origin {
        FILE("from a file"),
        ENVIRONMENT("from its environment variable " + VARIABLE),
        PROGRAM("from the program that it runs in"),
        RANDOM("made by itself");

        private final String words;

        Origin(String words) {
            this.words = words;
        }

        /** How others' messages say it. */
        String words() {
            return words;
        }
    }

    private Secret(String given, Origin origin, String place) {
        this.text = given.strip();
        this.origin = origin;
        this.place = place;
        int bytes = bytes().length;
        if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
            throw new UserException("the ranks' secret " + place + " has " + bytes + " bytes, but must have "
                    + LEAST_BYTES + " to " + MOST_BYTES + ": " + ANOTHER + ".");
        }
    }

    /**
     * Reads it from a file of text, without white space at its ends.
     *
     * @param file which only its owner may be able to read or write
     * @return the secret
     * @throws UserException if it cannot be read, others have any right to it, or it is too short or too long
     */
    public static Secret fromFile(Path file) {
        FileFailures.requireOrdinary(file, "a file with the ranks' secret");
        try {
            requirePrivate(file);
            if (Files.size(file) > MOST_BYTES) {
                throw new UserException(file + ": has " + Files.size(file) + " bytes, but a secret may have at most "
                        + MOST_BYTES + ": " + ANOTHER + ".");
            }
            return new Secret(Files.readString(file), Origin.FILE, "from the file " + file);
        } catch (IOException e) {
            throw FileFailures.reading(file, e);
        }
    }

    private static void requirePrivate(Path file) throws IOException {
        if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        if (!OWNERS.containsAll(permissions)) {
            throw new UserException(file + ": others than its owner have rights to it ("
                    + PosixFilePermissions.toString(permissions) + "), but it holds the ranks' secret. Take them away "
                    + "by 'chmod 600 " + file + "', and if others may have read it, " + ANOTHER + ".");
        }
    }

    /**
     * Reads it from {@link #VARIABLE}, where that is set to anything.
     *
     * @param environment as {@link System#getenv()} gives it
     * @return the secret, if there is one
     * @throws UserException if it is too short or too long
     */
    public static Optional<Secret> fromEnvironment(Map<String, String> environment) {
        return Optional.ofNullable(environment.get(VARIABLE)).filter(text -> !text.isBlank())
                .map(text -> new Secret(text, Origin.ENVIRONMENT, "from the environment variable " + VARIABLE));
    }

    /**
     * Takes what a program has.
     *
     * @param text without white space at its ends, which is left out
     * @return the secret
     * @throws UserException if it is too short or too long
     */
    public static Secret of(String text) {
        return new Secret(text, Origin.PROGRAM, "from the program");
    }

    /** {@return a new one of 256 random bits, for processes that this one starts} */
    public static Secret random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(bytes);
        return new Secret(HexFormat.of().formatHex(bytes), Origin.RANDOM, "made by this process");
    }

    /**
     * Gives it to a process that is about to be started, which finds it by {@link #fromEnvironment}.
     *
     * @param environment of the process, as {@link ProcessBuilder#environment()} gives it
     */
    public void giveTo(Map<String, String> environment) {
        environment.put(VARIABLE, text);
    }

    Origin origin() {
        return origin;
    }

    /** Where it is from, as half a sentence. */
    String place() {
        return place;
    }

    /** The HMAC of some parts, of which each has a length that its reader knows. */
    byte[] authenticate(String label, byte[]... parts) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(bytes(), ALGORITHM));
            mac.update(label.getBytes(StandardCharsets.UTF_8));
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every Java has " + ALGORITHM, missing);
        }
    }

    private byte[] bytes() {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** {@return where it is from; not what it is} */
    @Override
    public String toString() {
        return "a secret " + place;
    }
}
