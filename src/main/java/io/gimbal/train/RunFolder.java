package io.gimbal.train;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The folder of a training: its configuration, log, metrics, checkpoint and pictures. */
public final class RunFolder {
    private static final String CONFIG = "config.json";

    private final Path path;
    private final Config config;

    private RunFolder(Path path, Config config) {
        this.path = path;
        this.config = config;
    }

    /**
     * A folder for a new run: that one, which must not hold another; or where none is named, a fresh one below {@code
     * runs}. It is made by {@link #begin}, so that a run that cannot be built leaves nothing.
     */
    public static RunFolder create(Path asked, String name, Config config) {
        RunFolder folder = new RunFolder(asked != null ? asked : fresh(name), config);
        Path path = folder.path;
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new UserException(path + " is a file; a run needs a folder: name another with --out");
        }
        if (Files.exists(folder.checkpoint())) {
            throw new UserException(path
                    + " holds another run; name another folder with --out, or go on with that run by --resume " + path);
        }
        if (Files.exists(path.resolve(CONFIG))) {
            throw new UserException(path + " holds a run that ended before its first checkpoint; "
                    + "delete the folder, or name another with --out");
        }
        return folder;
    }

    /** Makes the folder of a new run, and writes the configuration into it. */
    void begin() {
        OutputFolder.create(path);
        try {
            Files.writeString(path.resolve(CONFIG), config.canonicalText() + "\n");
        } catch (IOException e) {
            throw new UserException(path.resolve(CONFIG) + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private static Path fresh(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9._-]", "-");
        Path path = Path.of("runs", plain);
        for (int k = 2; Files.exists(path); k++) {
            path = Path.of("runs", plain + "-" + k);
        }
        return path;
    }

    /** The folder of a run to go on with; its configuration must be the one given. */
    public static RunFolder resume(Path path, Config config) {
        RunFolder folder = new RunFolder(path, config);
        if (!Files.isDirectory(path)) {
            throw new UserException(path + ": there is no such folder; --resume takes the folder of a run");
        }
        if (!Files.exists(folder.checkpoint())) {
            throw new UserException(path
                    + " holds no checkpoint.safetensors to go on from; start anew with --out and another folder, or "
                    + "delete this one");
        }
        String saved = Config.read(path.resolve(CONFIG)).canonicalText();
        if (!saved.equals(config.canonicalText())) {
            throw new UserException(path + " was trained with another configuration than " + config.source()
                    + ": go on with "
                    + path.resolve(CONFIG) + ", which holds what --set said too, or start a new run with --out");
        }
        return folder;
    }

    public Path path() {
        return path;
    }

    Path checkpoint() {
        return path.resolve("checkpoint.safetensors");
    }

    /** Where the pictures go. */
    public Path samples() {
        return path.resolve("samples.png");
    }

    /**
     * Opens the step log behind its first {@code lines} lines; what stands after them is of steps that will run again.
     */
    Writer log(long lines) {
        return continued("log.jsonl", lines);
    }

    /** Opens the metrics, likewise. */
    Writer metrics(long lines) {
        return continued("metrics.jsonl", lines);
    }

    /** Opens the speeds: of a new run, or behind what an earlier process measured. */
    Writer speeds(boolean resumed) {
        Path file = path.resolve("speed.jsonl");
        try {
            return Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    resumed ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING);
        } catch (IOException e) {
            throw new UserException(file + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private Writer continued(String name, long lines) {
        Path file = path.resolve(name);
        try {
            if (lines > 0) {
                truncate(file, lines);
                return Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
            }
            return Files.newBufferedWriter(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UserException(file + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private static void truncate(Path file, long lines) throws IOException {
        long bytes = 0;
        try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            for (long k = 0; k < lines; k++) {
                String line = reader.readLine();
                if (line == null) {
                    throw new UserException(file + ": has " + k + " lines where the checkpoint needs " + lines
                            + "; the log was changed since");
                }
                bytes += line.getBytes(StandardCharsets.UTF_8).length + 1;
            }
        }
        try (var channel = java.nio.channels.FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        }
    }
}
