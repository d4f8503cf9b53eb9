package io.gimbal.run;

import io.gimbal.config.UserException;
import io.gimbal.drawing.Strip;
import io.gimbal.page.ReportPage;
import io.gimbal.page.RunFiles;
import io.gimbal.page.RunRecord;
import io.gimbal.storage.AtomicFile;
import io.gimbal.tensorboard.RunEvents;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Keeps the page of a run, and the pictures by epoch that it shows, while the run goes on. Where they cannot be
 * written, that is told once, and the training goes on without; a disk that is full or fails ends it, as with every
 * other file. Not thread-safe.
 */
final class RunReport implements AutoCloseable {
    /** Between two pages of one epoch. */
    private static final long NANOSECONDS = 60_000_000_000L;

    private static final String PAGE = "the run's report is";
    private static final String PICTURES = "the run's pictures by epoch are";
    private static final String GRADIENTS = "the picture of the run's gradients is";
    private static final String EVENTS = "TensorBoard's files are";

    private final RunFolder folder;
    private final TrainingListener listener;
    private final RunRecord record;
    private long written = System.nanoTime();
    /** Null where there are none. */
    private RunEvents events;
    private final Set<String> failed = new HashSet<>();

    RunReport(RunFolder folder, TrainingListener listener) {
        this.folder = folder;
        this.listener = listener;
        record = RunRecord.growing(folder.path());
        ReportPage.load();
    }

    /** Writes TensorBoard's event files, too; this one begins with a step. */
    void withEvents(long step) {
        attempt(EVENTS, () -> events = new RunEvents(folder.path(), step));
    }

    /** Keeps the pictures of a validation, by its number and step. */
    void keep(Strip strip, long validation, long step) {
        attempt(PICTURES, () -> folder.strip().write(strip, validation, step));
    }

    /** Writes the events, and the page unless that was done a moment ago. */
    void writeNowAndThen() {
        writeEvents();
        if (System.nanoTime() - written > NANOSECONDS) {
            write();
        }
    }

    /** Writes the page as the folder's files are now. */
    void write() {
        writeEvents();
        attempt(PAGE, () -> {
            folder.flush();
            record.update();
            ReportPage.write(List.of(record), folder.report());
        });
        attempt(GRADIENTS, () -> record.gradientPicture().ifPresent(picture ->
                AtomicFile.writeText(folder.path().resolve(RunFiles.GRADIENTS), picture)));
        written = System.nanoTime();
    }

    private void writeEvents() {
        if (events != null) {
            attempt(EVENTS, () -> {
                folder.flush();
                events.update();
            });
        }
    }

    @Override
    public void close() {
        if (events != null) {
            events.close();
        }
    }

    /** @param what names it in the note, and what of it fails */
    private void attempt(String what, Runnable writing) {
        if (failed.contains(what)) {
            return;
        }
        try {
            writing.run();
        } catch (UserException e) {
            failed.add(what);
            String why = e.getMessage();
            listener.note(what + " not kept up: " + (why.endsWith(".")
                    ? why.substring(0, why.length() - 1) : why));
        }
    }
}
