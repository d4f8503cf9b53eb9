package io.gimbal.page;

import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.drawing.Strip;
import io.gimbal.storage.AtomicFile;
import io.gimbal.storage.Uninterrupted;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder with pictures of the same held-out examples after each epoch: {@code inputs.png}, {@code truths.png}, what
 * they show in {@code legend.json}, and the predictions of a validation each, by its number and step. Of many those are
 * kept whose number is a multiple of the least power of two that leaves {@value #MOST} at most, and the last: which
 * they are does not depend on whether a run was broken off. Not thread-safe.
 */
public final class StripFiles {
    static final int MOST = 30;
    private static final String INPUTS = "inputs.png";
    private static final String TRUTHS = "truths.png";
    private static final String LEGEND = "legend.json";
    private static final Pattern OF_A_STEP = Pattern.compile("(\\d{1,18})-step-(\\d{1,18})\\.png");
    private static final int VALIDATION = 1;
    private static final int STEP = 2;
    private static final int LARGEST = 4 << 20;

    private final Path folder;

    /** @param folder is made by the first {@link #write} */
    public StripFiles(Path folder) {
        this.folder = folder;
    }

    /**
     * Keeps the pictures of a validation. Those of other examples go, and where there are too many, earlier ones.
     *
     * @param validation its number, from 0
     * @param step       after how many steps it was made
     * @throws UserException                if the folder cannot be written
     * @throws java.io.UncheckedIOException if the disk is full or fails
     */
    public void write(Strip strip, long validation, long step) {
        requireFolder();
        if (!Arrays.equals(strip.inputs(), read(INPUTS).orElse(null))) {
            cut(-1);
            AtomicFile.writeBytes(folder.resolve(INPUTS), strip.inputs());
        }
        writeIfOther(TRUTHS, strip.truths());
        writeIfOther(LEGEND, strip.legend().getBytes(StandardCharsets.UTF_8));
        AtomicFile.writeBytes(folder.resolve("%06d-step-%d.png".formatted(validation, step)), strip.predictions());
        long every = 1;
        while (validation / every >= MOST - 1) {
            every *= 2;
        }
        for (Path file : steps().headMap(step).values()) {
            if (number(file, VALIDATION) % every != 0) {
                delete(file);
            }
        }
    }

    private void writeIfOther(String name, byte[] bytes) {
        if (!Arrays.equals(bytes, read(name).orElse(null))) {
            AtomicFile.writeBytes(folder.resolve(name), bytes);
        }
    }

    private void requireFolder() {
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw new UserException(folder + ": is no folder, where a run's pictures are to be written; take it away.");
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw FileFailures.of(folder, "the folder cannot be made", e);
        }
    }

    /** Removes what is of later steps: they will be made again. */
    public void cut(long step) {
        steps().tailMap(step, false).values().forEach(StripFiles::delete);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw FileFailures.of(file, "cannot be deleted", e);
        }
    }

    /** The steps that there are predictions of, with their files. */
    NavigableMap<Long, Path> steps() {
        NavigableMap<Long, Path> steps = new TreeMap<>();
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return steps;
        }
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(file -> {
                if (OF_A_STEP.matcher(file.getFileName().toString()).matches()) {
                    steps.put(number(file, STEP), file);
                }
            });
        } catch (IOException e) {
            throw FileFailures.reading(folder, e);
        }
        return steps;
    }

    /** The predictions of a step, as a PNG; empty where none are kept. */
    public Optional<byte[]> predictions(long step) {
        return Optional.ofNullable(steps().get(step)).flatMap(StripFiles::read);
    }

    private static long number(Path file, int group) {
        Matcher name = OF_A_STEP.matcher(file.getFileName().toString());
        if (!name.matches()) {
            throw new IllegalArgumentException(file + " is not of a validation");
        }
        return Long.parseLong(name.group(group));
    }

    Optional<byte[]> inputs() {
        return read(INPUTS);
    }

    Optional<byte[]> truths() {
        return read(TRUTHS);
    }

    Optional<byte[]> legend() {
        return read(LEGEND);
    }

    private Optional<byte[]> read(String name) {
        return read(folder.resolve(name));
    }

    /** The content of a file; empty where there is none, or one that no strip writes. */
    static Optional<byte[]> read(Path file) {
        return Uninterrupted.get(() -> {
            try {
                return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) <= LARGEST
                        ? Optional.of(Files.readAllBytes(file)) : Optional.<byte[]>empty();
            } catch (IOException e) {
                throw FileFailures.reading(file, e);
            }
        });
    }

    /** At most so many of some ascending steps, the first and the last among them, as evenly as can be. */
    static List<Long> spread(List<Long> steps, int most) {
        List<Long> kept = new ArrayList<>(steps);
        while (kept.size() > Math.max(2, most)) {
            int densest = 1;
            for (int k = 2; k < kept.size() - 1; k++) {
                if (kept.get(k + 1) - kept.get(k - 1) < kept.get(densest + 1) - kept.get(densest - 1)) {
                    densest = k;
                }
            }
            kept.remove(densest);
        }
        return kept;
    }
}
