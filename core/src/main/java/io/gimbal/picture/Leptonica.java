package io.gimbal.picture;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;

/**
 * Leptonica as the JavaCPP Presets build it: one shared library that needs nothing but the C library, with
 * libjpeg-turbo and libwebp linked in. It is unpacked from its jar, loaded, and its file removed at once.
 *
 * <p>Thread-safe.
 */
final class Leptonica {
    /** Null where the jar is missing or made for other machines, or the library cannot be loaded. */
    static final Leptonica FOUND = find();

    private static final String RESOURCE = "org/bytedeco/leptonica/linux-x86_64/libleptonica.so.6";
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final int SEVERITY_NONE = 6;
    private static final int MOST_ODD = 1 << 16;

    private final MethodHandle readJpeg;
    private final MethodHandle width;
    private final MethodHandle height;
    private final MethodHandle depth;
    private final MethodHandle rowWords;
    private final MethodHandle data;
    private final MethodHandle destroy;
    private final MethodHandle readWebp;
    private final MethodHandle readWebpWithAlpha;
    /** Those that libjpeg-turbo had something to say about, which it prints: nothing is said twice. */
    private final Set<Long> odd = ConcurrentHashMap.newKeySet();

    private Leptonica(SymbolLookup library) throws Throwable {
        Linker linker = Linker.nativeLinker();
        ValueLayout.OfInt number = ValueLayout.JAVA_INT;
        var pointer = ValueLayout.ADDRESS;
        FunctionDescriptor numberOfPix = FunctionDescriptor.of(number, pointer);
        readJpeg = linker.downcallHandle(library.findOrThrow("pixReadMemJpeg"), FunctionDescriptor.of(pointer, pointer,
                ValueLayout.JAVA_LONG, number, number, pointer, number));
        width = linker.downcallHandle(library.findOrThrow("pixGetWidth"), numberOfPix);
        height = linker.downcallHandle(library.findOrThrow("pixGetHeight"), numberOfPix);
        depth = linker.downcallHandle(library.findOrThrow("pixGetDepth"), numberOfPix);
        rowWords = linker.downcallHandle(library.findOrThrow("pixGetWpl"), numberOfPix);
        data = linker.downcallHandle(library.findOrThrow("pixGetData"), FunctionDescriptor.of(pointer, pointer));
        destroy = linker.downcallHandle(library.findOrThrow("pixDestroy"), FunctionDescriptor.ofVoid(pointer));
        FunctionDescriptor decoding = FunctionDescriptor.of(pointer, pointer, ValueLayout.JAVA_LONG, pointer,
                ValueLayout.JAVA_LONG, number);
        readWebp = linker.downcallHandle(library.findOrThrow("WebPDecodeRGBInto"), decoding);
        readWebpWithAlpha = linker.downcallHandle(library.findOrThrow("WebPDecodeRGBAInto"), decoding);
        int before = (int) linker.downcallHandle(library.findOrThrow("setMsgSeverity"),
                FunctionDescriptor.of(number, number)).invokeExact(SEVERITY_NONE);
        assert before >= 0;
    }

    private static Leptonica find() {
        if (!System.getProperty("os.name").equals("Linux") || !System.getProperty("os.arch").equals("amd64")) {
            return null;
        }
        try (InputStream in = Leptonica.class.getClassLoader().getResourceAsStream(RESOURCE)) {
            if (in == null) {
                return null;
            }
            Path file = Files.createTempFile("gimbal-leptonica", ".so");
            try {
                Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
                return new Leptonica(SymbolLookup.libraryLookup(file, Arena.global()));
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException | IllegalArgumentException | IllegalCallerException absent) {
            return null;
        } catch (Throwable defect) {
            throw rethrown(defect);
        }
    }

    private static RuntimeException rethrown(Throwable defect) {
        if (defect instanceof Error error) {
            throw error;
        }
        throw new IllegalStateException(defect);
    }

    /**
     * The pixels of a JPEG of one channel or of three, luminance and chrominances, as grey or red, green and blue.
     *
     * @return null where libjpeg-turbo finds anything odd, be it harmless
     */
    byte[] jpeg(byte[] file, int rows, int columns, int channels) {
        CRC32 sum = new CRC32();
        sum.update(file);
        long key = sum.getValue() << 32 | file.length;
        if (odd.contains(key)) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment in = copy(file, arena);
            MemorySegment warnings = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment pix = (MemorySegment) readJpeg.invokeExact(in, in.byteSize(), 0, 1, warnings, 0);
            MemorySegment pixPlace = arena.allocateFrom(ValueLayout.ADDRESS, pix);
            try {
                if (pix.address() != 0 && warnings.get(ValueLayout.JAVA_INT, 0) == 0
                        && (int) width.invokeExact(pix) == columns && (int) height.invokeExact(pix) == rows
                        && (int) depth.invokeExact(pix) == (channels == 1 ? 8 : 32)) {
                    return channels == 1 ? greys(pix, rows, columns) : colours(pix, rows, columns);
                }
            } finally {
                if (pix.address() != 0) {
                    destroy.invokeExact(pixPlace);
                }
            }
        } catch (Throwable defect) {
            throw rethrown(defect);
        }
        if (odd.size() < MOST_ODD) {
            odd.add(key);
        }
        return null;
    }

    private static MemorySegment copy(byte[] file, Arena arena) {
        MemorySegment in = arena.allocate(file.length, 1);
        MemorySegment.copy(file, 0, in, ValueLayout.JAVA_BYTE, 0, file.length);
        return in;
    }

    /** Red, green, blue are the three upper bytes of a word. */
    private byte[] colours(MemorySegment pix, int rows, int columns) throws Throwable {
        MemorySegment words = words(pix, rows);
        int[] row = new int[columns];
        byte[] colours = new byte[3 * rows * columns];
        int to = 0;
        for (int y = 0; y < rows; y++) {
            MemorySegment.copy(words, ValueLayout.JAVA_INT, words.byteSize() / rows * y, row, 0, columns);
            to = putColours(row, colours, to);
        }
        return colours;
    }

    /** Four pixels are three words; returns where the next row begins. */
    private static int putColours(int[] row, byte[] colours, int start) {
        int to = start;
        int x = 0;
        for (; x + 3 < row.length; x += 4) {
            WORDS.set(colours, to, row[x] & 0xFFFFFF00 | row[x + 1] >>> 24);
            WORDS.set(colours, to + 4, row[x + 1] << 8 & 0xFFFF0000 | row[x + 2] >>> 16);
            WORDS.set(colours, to + 8, row[x + 2] << 16 & 0xFF000000 | row[x + 3] >>> 8);
            to += 12;
        }
        for (; x < row.length; x++) {
            colours[to] = (byte) (row[x] >> 24);
            colours[to + 1] = (byte) (row[x] >> 16);
            colours[to + 2] = (byte) (row[x] >> 8);
            to += 3;
        }
        return to;
    }

    /** Four pixels a word, the first in its uppermost byte. */
    private byte[] greys(MemorySegment pix, int rows, int columns) throws Throwable {
        MemorySegment words = words(pix, rows);
        byte[] greys = new byte[rows * columns];
        for (int y = 0; y < rows; y++) {
            long start = words.byteSize() / rows * y;
            for (int x = 0; x < columns; x++) {
                greys[y * columns + x] = words.get(ValueLayout.JAVA_BYTE, start + (x ^ 3));
            }
        }
        return greys;
    }

    private MemorySegment words(MemorySegment pix, int rows) throws Throwable {
        int words = (int) rowWords.invokeExact(pix);
        return ((MemorySegment) data.invokeExact(pix)).reinterpret((long) Integer.BYTES * words * rows);
    }

    /**
     * The pixels of a WebP file: red, green, blue, and transparency where there is some.
     *
     * @return null where it is damaged
     */
    byte[] webp(byte[] file, int rows, int columns, int channels) {
        byte[] pixels = new byte[rows * columns * channels];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment in = copy(file, arena);
            MemorySegment out = arena.allocate(pixels.length, 1);
            MethodHandle read = channels == 4 ? readWebpWithAlpha : readWebp;
            MemorySegment result = (MemorySegment) read.invokeExact(in, in.byteSize(), out, out.byteSize(),
                    columns * channels);
            if (result.address() == 0) {
                return null;
            }
            MemorySegment.copy(out, ValueLayout.JAVA_BYTE, 0, pixels, 0, pixels.length);
            return pixels;
        } catch (Throwable defect) {
            throw rethrown(defect);
        }
    }
}
