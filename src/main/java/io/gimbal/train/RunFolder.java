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

    private RunFolder(Path path) {
        this.path = path;
    }

    /** A folder for a new run: that one, which must not hold another; or where none is named, a fresh one below {@code runs}. */
    public static RunFolder create(Path asked, String name, Config config) {
        Path path = asked != null ? asked : fresh(name);
        if (Files.exists(path.resolve(CONFIG)) || Files.exists(path.resolve("checkpoint.safetensors"))) {
            throw new UserException(path + " holds another run; name another folder with --out, or go on with that run by --resume " + path);
        }
        OutputFolder.create(path);
        RunFolder folder = new RunFolder(path);
        try {
            Files.writeString(folder.path.resolve(CONFIG), config.canonicalText() + "\n");
        } catch (IOException e) {
            throw new UserException(path.resolve(CONFIG) + ": cannot be written: " + e.getMessage(), e);
        }
        return folder;
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
        RunFolder folder = new RunFolder(path);
        if (!Files.exists(folder.checkpoint())) {
            throw new UserException(path + " holds no checkpoint.safetensors to go on from");
        }
        String saved = Config.read(path.resolve(CONFIG)).canonicalText();
        if (!saved.equals(config.canonicalText())) {
            throw new UserException(path + " was trained with another configuration than " + config.source() + "; go on with " + path.resolve(CONFIG)
                    + " and the same --set, or start a new run with --out");
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

    /** Opens the step log behind its first {@code lines} lines; what stands after them is of steps that will run again. */
    Writer log(long lines) {
        return continued("log.jsonl", lines);
    }

    /** Opens the metrics, likewise. */
    Writer metrics(long lines) {
        return continued("metrics.jsonl", lines);
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
                    throw new UserException(file + ": has " + k + " lines where the checkpoint needs " + lines + "; the log was changed since");
                }
                bytes += line.getBytes(StandardCharsets.UTF_8).length + 1;
            }
        }
        try (var channel = java.nio.channels.FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        }
    }
}
