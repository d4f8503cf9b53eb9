package io.gimbal.report;

import java.io.PrintStream;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Tells people how far something long has come, on standard error: in a terminal by a bar that fits its width, and in a
 * file by a plain line now and then. It has no thread: it paints while steps are counted. Not thread-safe.
 */
public final class ProgressBar implements AutoCloseable {
    private static final long SECOND = 1_000_000_000;
    private static final long PAINT_NANOSECONDS = SECOND / 4;
    private static final long LINE_NANOSECONDS = 30 * SECOND;
    private static final int LEAST_COLUMNS = 10;
    private static final int MOST_COLUMNS = 50;

    private final String name;
    private final long most;
    private final boolean passing;
    private final PrintStream out;
    private final Supplier<OptionalInt> columns;
    private final LongSupplier clock;
    private final long begin;
    private long first;
    private long done;
    private Supplier<String> message = () -> "";
    private long told;
    private int painted;

    private ProgressBar(String name, long most, boolean passing, PrintStream out, Supplier<OptionalInt> columns,
            LongSupplier clock) {
        this.name = name;
        this.most = most;
        this.passing = passing;
        this.out = out;
        this.columns = columns;
        this.clock = clock;
        this.begin = clock.getAsLong();
        this.told = begin;
        if (!passing && out != null && columns.get().isPresent()) {
            paint();
        }
    }

    /**
     * A bar that is seen at once, and stays at its end.
     *
     * @param name what is counted
     * @param most how many there are; below 0 if that is not known
     * @return the bar, to be closed
     */
    public static ProgressBar of(String name, long most) {
        return new ProgressBar(name, most, false, System.err, Terminal.ERROR::columns, System::nanoTime);
    }

    /**
     * A bar for what is mostly quick: it is seen after a second, and is wiped away at its end.
     *
     * @param name what is done
     * @return the bar, to be closed
     */
    public static ProgressBar passing(String name) {
        return new ProgressBar(name, -1, true, System.err, Terminal.ERROR::columns, System::nanoTime);
    }

    /**
     * A bar that is never seen.
     *
     * @return a bar that does nothing
     */
    public static ProgressBar none() {
        return new ProgressBar("", -1, true, null, OptionalInt::empty, System::nanoTime);
    }

    /** One that prints elsewhere, by another clock. */
    static ProgressBar on(PrintStream out, Supplier<OptionalInt> columns, LongSupplier clock, String name, long most,
            boolean passing) {
        return new ProgressBar(name, most, passing, out, columns, clock);
    }

    /** Counts one. */
    public void step() {
        stepTo(done + 1);
    }

    /**
     * Counts so many.
     *
     * @param count at least 0
     */
    public void stepBy(long count) {
        stepTo(done + count);
    }

    /**
     * So many are done.
     *
     * @param count of all
     */
    public void stepTo(long count) {
        done = count;
        tell();
    }

    /**
     * So many were done before the clock began, such as by a run that goes on.
     *
     * @param count of all
     */
    public void startFrom(long count) {
        first = count;
        stepTo(count);
    }

    /**
     * What stands behind the bar from now on; asked for only when it is shown.
     *
     * @param text short; it is cut where the terminal ends
     */
    public void message(Supplier<String> text) {
        message = text;
    }

    /** Shows the present state in a terminal, however short ago the last one was shown. */
    public void show() {
        if (out != null && columns.get().isPresent()) {
            paint();
        }
    }

    /** Wipes the bar away, so that a line can be printed in its place; the next step paints it anew. */
    public void wipe() {
        if (painted > 0) {
            out.print("\r" + " ".repeat(painted) + "\r");
            out.flush();
            painted = 0;
            told = begin - LINE_NANOSECONDS;
        }
    }

    /** Shows the end, or wipes the bar away if it is a passing one. */
    @Override
    public void close() {
        if (passing) {
            wipe();
        } else if (painted > 0) {
            paint();
            out.println();
            painted = 0;
        }
    }

    private void tell() {
        long now = clock.getAsLong();
        if (out == null || now - told < PAINT_NANOSECONDS || passing && now - begin < SECOND) {
            return;
        }
        if (columns.get().isPresent()) {
            paint();
        } else if (now - told >= LINE_NANOSECONDS) {
            told = now;
            out.println(line());
        }
    }

    private void paint() {
        int width = columns.get().orElse(painted + 1) - 1;
        String text = bar(width);
        int taken = Columns.of(text);
        // A terminal that became narrower has wrapped what is wiped: then there is nothing to wipe in this line.
        out.print("\r" + text + " ".repeat(Math.clamp((long) painted - taken, 0, Math.max(0, width - taken))));
        out.flush();
        painted = taken;
        told = clock.getAsLong();
    }

    private String bar(int width) {
        String said = said();
        String end = (said.isEmpty() ? "" : " " + said);
        if (most < 0) {
            return Columns.cut(name + " " + done + " (" + time(elapsed()) + ")" + end, width);
        }
        String front = (name.isEmpty() ? "" : name + " ") + String.format(Locale.ROOT, "%3d%% ", percent());
        String back = " " + done + "/" + most + " (" + time(elapsed()) + " / " + left() + ")" + end;
        int room = Math.clamp((long) width - Columns.of(front) - Columns.of(back) - 2, LEAST_COLUMNS, MOST_COLUMNS);
        int full = most == 0 ? room : (int) (room * Math.min(done, most) / most);
        return Columns.cut(front + "[" + "=".repeat(full) + " ".repeat(room - full) + "]" + back, width);
    }

    private String line() {
        String said = said();
        String count = most < 0 ? done + " in " + time(elapsed()) : done + " of " + most + " (" + percent() + " %) in "
                + time(elapsed()) + ", " + left() + " left";
        return (name.isEmpty() ? "" : name + ": ") + count + (said.isEmpty() ? "" : "; " + said);
    }

    /** The message on one line: names in it may hold anything. */
    private String said() {
        return message.get().replaceAll("\\p{Cntrl}", "?");
    }

    private long percent() {
        return most == 0 ? 100 : 100 * Math.min(done, most) / most;
    }

    private long elapsed() {
        return (clock.getAsLong() - begin) / SECOND;
    }

    private String left() {
        long counted = done - first;
        return counted <= 0 ? "?" : time(Math.round((double) (clock.getAsLong() - begin) / SECOND / counted
                * Math.max(0, most - done)));
    }

    private static String time(long seconds) {
        return String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
}
