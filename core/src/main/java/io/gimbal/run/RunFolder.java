package io.gimbal.run;

import io.gimbal.config.Config;
import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.page.RunFiles;
import io.gimbal.page.StripFiles;
import io.gimbal.storage.AtomicFile;
import io.gimbal.storage.Disk;
import io.gimbal.storage.LineFile;
import io.gimbal.storage.Uninterrupted;
import io.gimbal.tensorboard.RunEvents;
import io.gimbal.train.OutputFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The folder of a training: its configuration, log, metrics, checkpoints, pictures and page. {@link #create} and
 * {@link #resume} look whether it may be used; a {@link TrainingRun} takes it, which keeps others out, and gives it
 * free as it closes.
 *
 * <p>What is on the disk at any moment, be it after a power cut, can be gone on with: the configuration is written when
 * a first checkpoint is there, and the lines that a checkpoint counts are forced to the disk before it. Not
 * thread-safe.
 */
public final class RunFolder {
    static final String CHECKPOINT = "checkpoint.safetensors";
    static final String BEST = "best.safetensors";
    private static final String SAMPLES = "samples.png";
    private static final List<String> LINES = List.of(RunFiles.LOG, RunFiles.METRICS, RunFiles.SPEEDS,
            RunFiles.ENVIRONMENT);
    private static final int LONGEST_NAME = 100;

    /** Null where a fresh folder is to be made. */
    private final Path asked;
    private final String name;
    private final Config config;
    private final boolean resumed;
    private final boolean otherData;
    private final Map<String, LineFile> open = new HashMap<>();
    private OutputFolder folder;
    private boolean begun;

    private RunFolder(Path asked, String name, Config config, boolean resumed, boolean otherData) {
        this.asked = asked;
        this.name = name;
        this.config = config;
        this.resumed = resumed;
        this.otherData = otherData;
    }

    /**
     * A folder for a new run: that one, which must hold no file that a run would write; or where none is named, a fresh
     * one below {@code runs}. It is made when a {@link TrainingRun} takes it.
     */
    public static RunFolder create(Path asked, String name, Config config) {
        RunFolder folder = new RunFolder(asked, name, config, false, false);
        if (asked != null) {
            folder.check(asked);
        }
        return folder;
    }

    /** As {@link #resume(Path, Config, boolean)}, with the data that the run was trained on. */
    public static RunFolder resume(Path path, Config config) {
        return resume(path, config, false);
    }

    /**
     * The folder of a run to go on with. Its configuration must be the one given, but for {@code epochs},
     * {@code steps}, {@code name}, {@code data.path}, {@code validation} and {@code best}; the given one takes its
     * place once the run goes on.
     *
     * @param otherData whether the data may be others than the run was trained on
     * @throws UserException if there is no run to go on with, or a key that may not differ does; names it with both
     *                       values
     */
    public static RunFolder resume(Path path, Config config, boolean otherData) {
        RunFolder folder = new RunFolder(path, path.toString(), config, true, otherData);
        folder.check(path);
        return folder;
    }

    /** Whether a run was begun in a folder, so that {@link #resume} goes on with it and {@link #create} refuses it. */
    public static boolean holdsRun(Path path) {
        return isThere(checkpoint(path)) || isThere(path.resolve(RunFiles.CONFIG));
    }

    /**
     * The configuration of the run in a folder.
     *
     * @throws UserException if there is no such folder, or none in it
     */
    public static Config configuration(Path path) {
        requireFolder(path);
        FileFailures.requireOrdinary(path.resolve(RunFiles.CONFIG), "a run's " + RunFiles.CONFIG);
        return Config.read(path.resolve(RunFiles.CONFIG));
    }

    private static void requireFolder(Path path) {
        if (!Files.isDirectory(path)) {
            throw new UserException(path + ": there is no such folder; a run's folder is needed");
        }
    }

    /** Whether it was opened to go on with the run in it. */
    boolean resumed() {
        return resumed;
    }

    /** Whether the run may go on with other data. */
    boolean otherData() {
        return otherData;
    }

    private void check(Path path) {
        if (resumed) {
            checkOld(path);
        } else {
            checkNew(path);
        }
    }

    private static void checkNew(Path path) {
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new UserException(path + " is a file; a run needs a folder: name another with --out");
        }
        if (isThere(path.resolve(CHECKPOINT))) {
            throw new UserException(path
                    + " holds another run; name another folder with --out, or go on with that run by --resume " + path);
        }
        if (isThere(path.resolve(RunFiles.CONFIG))) {
            throw new UserException(path + " holds a " + RunFiles.CONFIG
                    + " already, and a run overwrites nothing: name another "
                    + "folder with --out; if it is of a run that ended before its first checkpoint, start that by "
                    + "--resume " + path);
        }
        for (String file : Stream.concat(Stream.of(BEST, SAMPLES, RunFiles.REPORT, RunFiles.GRADIENTS),
                LINES.stream()).toList()) {
            if (isThere(path.resolve(file)) && !(LINES.contains(file) && isEmpty(path.resolve(file)))) {
                throw new UserException(path + " holds a " + file + " already, and a run overwrites nothing: name "
                        + "another folder with --out, or take that file away");
            }
        }
        if (RunEvents.areIn(path)) {
            throw new UserException(path + " holds TensorBoard's files of another run already; name another folder "
                    + "with --out, or take them away");
        }
        requireStripFolder(path);
        if (!isEmptyFolder(path.resolve(RunFiles.STRIP))) {
            throw new UserException(path.resolve(RunFiles.STRIP) + ": there are files in it, and a run overwrites "
                    + "nothing: name another folder with --out, or take them away");
        }
    }

    private static void requireStripFolder(Path path) {
        Path strip = path.resolve(RunFiles.STRIP);
        if (isThere(strip) && !Files.isDirectory(strip, LinkOption.NOFOLLOW_LINKS)) {
            throw new UserException(strip + ": is no folder, where a run keeps its pictures by epoch; name another "
                    + "folder with --out, or take it away");
        }
    }

    /** Whether nothing is in a folder, be it for want of the folder. */
    private static boolean isEmptyFolder(Path folder) {
        if (!isThere(folder)) {
            return true;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        } catch (IOException e) {
            throw FileFailures.reading(folder, e);
        }
    }

    private void checkOld(Path path) {
        requireFolder(path);
        for (String file : Stream.concat(Stream.of(RunFiles.CONFIG, CHECKPOINT, BEST, SAMPLES,
                RunFiles.REPORT, RunFiles.GRADIENTS), LINES.stream()).toList()) {
            FileFailures.requireOrdinary(path.resolve(file), "a run's " + file);
        }
        requireStripFolder(path);
        boolean configured = isThere(path.resolve(RunFiles.CONFIG));
        if (!isThere(path.resolve(CHECKPOINT))) {
            if (!configured) {
                throw new UserException(path + " holds no " + CHECKPOINT + " to go on from, and no " + RunFiles.CONFIG
                        + "; start anew with --out " + path);
            }
            for (String file : LINES) {
                if (isThere(path.resolve(file)) && !isEmpty(path.resolve(file))) {
                    throw new UserException(path + " holds no " + CHECKPOINT
                            + " to go on from, though steps were made (" + file
                            + " is not empty); start anew with --out and another folder");
                }
            }
        }
        if (configured) {
            ResumedConfiguration.check(path.resolve(RunFiles.CONFIG), configuration(path), config, otherData);
        }
    }

    private static boolean isThere(Path file) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }

    /** An ordinary file without content: a run that was killed early leaves such. */
    private static boolean isEmpty(Path file) {
        try {
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) == 0;
        } catch (IOException unreadable) {
            return false;
        }
    }

    /**
     * Makes the folder where it is not there yet, and keeps others out until {@link #close}.
     *
     * @throws UserException if it has another owner, or may not be used
     */
    void take() {
        folder = asked == null ? OutputFolder.fresh(Path.of("runs", plain(name))) : OutputFolder.open(asked);
        try {
            check(folder.path());
        } catch (RuntimeException e) {
            folder.discard();
            throw e;
        }
    }

    /** A name without what has a meaning in a path. */
    private static String plain(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[.-]+", "");
        return plain.isEmpty() ? "run" : plain.substring(0, Math.min(LONGEST_NAME, plain.length()));
    }

    /** Writes the configuration of a run whose checkpoint is there, unless it stands there already. */
    void begin() {
        begun = true;
        if (!isThere(config()) || !configuration(path()).canonicalText().equals(config.canonicalText())) {
            AtomicFile.writeText(config(), config.canonicalText() + "\n");
        }
    }

    /** Whether there is a checkpoint to go on from. */
    boolean hasCheckpoint() {
        return isThere(checkpoint());
    }

    /** The configuration's own file. */
    Path config() {
        return path().resolve(RunFiles.CONFIG);
    }

    /** Where the run's files lie, once a {@link TrainingRun} has taken it. */
    public Path path() {
        if (folder == null) {
            throw new IllegalStateException("the run's folder is known when the run has begun");
        }
        return folder.path();
    }

    /** What is to be told about it, in sentences; once a {@link TrainingRun} has taken it. */
    public List<String> notices() {
        List<String> notices = new ArrayList<>();
        folder.unlocked().ifPresent(why -> notices.add("The file system of " + path() + " has no locks (" + why
                + "): take care that no other training uses this folder meanwhile"));
        if (resumed && !hasCheckpoint()) {
            notices.add(path() + " holds no checkpoint: the training begins anew");
        }
        return notices;
    }

    Path checkpoint() {
        return checkpoint(path());
    }

    /** Where the checkpoint of a run in a folder is, or would be. */
    static Path checkpoint(Path run) {
        return run.resolve(CHECKPOINT);
    }

    /** Where the model of the best validation goes. */
    Path best() {
        return path().resolve(BEST);
    }

    /** Where the pictures go. */
    public Path samples() {
        return path().resolve(SAMPLES);
    }

    /**
     * Opens the step log behind its first {@code lines} lines; what stands after them is of steps that will run again.
     */
    LineFile log(long lines) {
        return behind(RunFiles.LOG, lines);
    }

    /** Opens the metrics, likewise. */
    LineFile metrics(long lines) {
        return behind(RunFiles.METRICS, lines);
    }

    /** Whether a line of the metrics, counted from 0, is there whole and tells of that step. */
    boolean hasMetrics(long line, long step) {
        Path file = path().resolve(RunFiles.METRICS);
        if (!Files.isRegularFile(file) || !LineFile.has(file, line + 1)) {
            return false;
        }
        try (Stream<String> lines = Files.lines(file)) {
            return Config.parse(lines.skip(line).findFirst().orElseThrow(), file.toString())
                    .longInteger("step", -1) == step;
        } catch (IOException | UncheckedIOException | UserException e) {
            // What cannot be read is no such line: the validation is made again.
            return false;
        }
    }

    /** Of the first lines of the metrics, how many tell of a later step than that one. */
    long validationsAfter(long step, long lines) {
        Path file = path().resolve(RunFiles.METRICS);
        try (Stream<String> all = Files.lines(file)) {
            return all.limit(lines).filter(line -> Config.parse(line, file.toString()).longInteger("step") > step)
                    .count();
        } catch (IOException e) {
            throw FileFailures.reading(file, e);
        } catch (UncheckedIOException e) {
            throw FileFailures.reading(file, e.getCause());
        }
    }

    /** Opens the speeds: of a new run, or behind what an earlier process measured. */
    LineFile speeds(boolean more) {
        return opened(RunFiles.SPEEDS, byProcess(RunFiles.SPEEDS, more));
    }

    /** Opens what is kept about each process, likewise. */
    LineFile environment(boolean more) {
        return byProcess(RunFiles.ENVIRONMENT, more);
    }

    private LineFile byProcess(String file, boolean more) {
        return Uninterrupted.get(() -> more ? LineFile.atTheEnd(path().resolve(file)) : folder.writer(file));
    }

    /** The pictures by epoch. */
    StripFiles strip() {
        return new StripFiles(path().resolve(RunFiles.STRIP));
    }

    /** The page that shows the run. */
    public Path report() {
        return path().resolve(RunFiles.REPORT);
    }

    private LineFile behind(String file, long lines) {
        return Uninterrupted.get(() -> opened(file, lines > 0 ? LineFile.behind(path().resolve(file), lines)
                : folder.writer(file)));
    }

    private LineFile opened(String file, LineFile lines) {
        Disk.forceEntries(path());
        open.put(file, lines);
        return lines;
    }

    /** Hands on to the system all lines that were written so far, so that they can be read. */
    void flush() {
        open.values().forEach(LineFile::flush);
    }

    /** Returns when all lines that were written so far are on the disk. */
    void force() {
        open.values().forEach(LineFile::force);
    }

    /** Gives the folder free; where no run has begun in it, what was made for it goes again. */
    void close() {
        if (begun || hasCheckpoint()) {
            folder.close();
        } else {
            folder.discard();
        }
    }
}
