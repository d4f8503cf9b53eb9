package io.gimbal.spark;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.Model;
import io.gimbal.predict.PredictorOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import org.apache.spark.SparkFiles;

/**
 * Where a model lies, which one it is, and how it is to predict: what goes to the executors, and what their predictors
 * are kept by. Immutable.
 *
 * @param location an absolute path, or a name among Spark's files
 * @param shipped  whether it is the latter
 * @param digest   SHA-256 of its file of parameters, in hexadecimal digits
 * @param batch    how many photos or rows are predicted at once, at most
 * @param only     whether batches of no other size are made
 * @param waiting  how long one waits for others, at most
 */
record ModelSource(String location, boolean shipped, String digest, DeviceKind device, int batch, boolean only,
        Duration waiting) implements Serializable {
    /** Checks that the parts fit together. */
    ModelSource {
        options(batch, only, waiting);
    }

    /** A model as it was read here. */
    static ModelSource of(Path path, Model model) {
        PredictorOptions standard = PredictorOptions.DEFAULT;
        return new ModelSource(path.toAbsolutePath().toString(), false, digest(model.file().orElseThrow()),
                DeviceKind.AUTO, standard.batches().getLast(), false, standard.longestWait());
    }

    /** The same among Spark's files. */
    ModelSource shippedAs(String name) {
        return new ModelSource(Names.check("the name of the archive", name), true, digest, device, batch, only,
                waiting);
    }

    PredictorOptions options() {
        return options(batch, only, waiting);
    }

    private static PredictorOptions options(int batch, boolean only, Duration waiting) {
        return (only ? PredictorOptions.only(batch) : PredictorOptions.upTo(batch)).waiting(waiting);
    }

    ModelSource on(DeviceKind other) {
        return new ModelSource(location, shipped, digest, other, batch, only, waiting);
    }

    ModelSource batches(int largest, boolean alone) {
        return new ModelSource(location, shipped, digest, device, largest, alone, waiting);
    }

    ModelSource waiting(Duration longest) {
        return new ModelSource(location, shipped, digest, device, batch, only, longest);
    }

    /**
     * Reads the model here.
     *
     * @throws UserException if it cannot be read, or is another than the driver's; says what to do
     */
    Model load() {
        Model model;
        try {
            model = Model.load(Path.of(shipped ? SparkFiles.get(location) : location));
        } catch (UserException e) {
            throw new UserException("an executor cannot read the model: " + e.getMessage() + (shipped
                    ? " (Spark unpacks there what --archives FILE#" + location + " names when the application starts.)"
                    : " (The driver read it by that path, and all executors must. Where they share no folders, ship it,"
                    + " by shippedAs.)"), e);
        }
        Path file = model.file().orElseThrow();
        String found = digest(file);
        if (!found.equals(digest)) {
            throw new UserException(file + " is not the file that the driver read when it read the"
                    + " model: its SHA-256 is " + found + " and not " + digest + ". Give all executors the same"
                    + " file, and one that no training goes on writing, as gimbal export makes.");
        }
        return model;
    }

    private static String digest(Path file) {
        try (InputStream bytes = Files.newInputStream(file)) {
            DigestInputStream digested = new DigestInputStream(bytes, MessageDigest.getInstance("SHA-256"));
            digested.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digested.getMessageDigest().digest());
        } catch (IOException e) {
            throw new UserException(file + ": cannot be read: " + e.getMessage() + ".", e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
