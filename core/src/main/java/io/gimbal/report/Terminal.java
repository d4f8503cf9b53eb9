package io.gimbal.report;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.OptionalInt;

/**
 * Whether a stream of this process is a terminal, and how wide that is: one call of ioctl(2), which runs no program and
 * unpacks no library. Only on Linux; elsewhere nothing is known to be a terminal. Thread-safe.
 */
public enum Terminal {
    /** Standard output. */
    OUTPUT(1),
    /** Standard error. */
    ERROR(2);

    private static final int ASSUMED_COLUMNS = 80;
    /** TIOCGWINSZ, which fills a struct winsize: rows, columns, and two more, each of 16 bits. */
    private static final long SIZE_REQUEST = 0x5413;
    private static final int SIZE_WORDS = 4;

    private static final String BETWEEN = "  ";

    private final int descriptor;

    Terminal(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Looked up at the first use. */
    private static final class Call {
        private static final MethodHandle IOCTL = Linker.nativeLinker().downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("ioctl"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
                        ValueLayout.ADDRESS), Linker.Option.firstVariadicArg(2));
    }

    /** {@return the terminal's columns now, 80 where it does not know; empty where the stream is no terminal} */
    public OptionalInt columns() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return OptionalInt.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(ValueLayout.JAVA_SHORT, SIZE_WORDS);
            if ((int) Call.IOCTL.invokeExact(descriptor, SIZE_REQUEST, size) != 0) {
                return OptionalInt.empty();
            }
            int columns = Short.toUnsignedInt(size.getAtIndex(ValueLayout.JAVA_SHORT, 1));
            return OptionalInt.of(columns == 0 ? ASSUMED_COLUMNS : columns);
        } catch (Error | RuntimeException failure) {
            throw failure;
        } catch (Throwable impossible) {
            throw new AssertionError("a C function cannot throw", impossible);
        }
    }

    /**
     * Some pieces as a line that begins with a heading; in a terminal as several, where they do not fit its width, each
     * of as many pieces as do.
     *
     * @param heading with which the line begins
     * @param pieces  of one line
     * @return one line, or several
     */
    public String fit(String heading, List<String> pieces) {
        return fit(heading, pieces, columns().orElse(Integer.MAX_VALUE));
    }

    static String fit(String heading, List<String> pieces, int width) {
        StringBuilder text = new StringBuilder(heading);
        int taken = Columns.of(heading);
        for (String piece : pieces) {
            int more = BETWEEN.length() + Columns.of(piece);
            if (taken + more > width) {
                text.append('\n');
                taken = 0;
            }
            text.append(BETWEEN).append(piece);
            taken += more;
        }
        return text.toString();
    }
}
