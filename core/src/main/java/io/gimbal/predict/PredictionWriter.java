package io.gimbal.predict;

import io.gimbal.config.FileFailures;
import io.gimbal.data.Field;
import io.gimbal.drawing.Palette;
import io.gimbal.picture.ArrayWriter;
import io.gimbal.picture.HeapShare;
import io.gimbal.picture.PngWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Writes what is predicted of photos as files, each whole or not at all. Immutable; safe for use by several threads.
 *
 * <p>{@link OutputKind#PNG}: classes as numbers of a palette (255, grey, is not predicted; of more than 255 classes as
 * 16 bits, where 65535 is), depth as 16 bits of millimetres (0 is not predicted or not in front of the camera, 65535 is
 * that or further), vectors as colours; depth and other values in colours, too. {@link OutputKind#NPY}: float32, H, W,
 * C of the photo, NaN where nothing is predicted; C of the whole image.
 */
public final class PredictionWriter {
    private static final int MOST_IN_PALETTE = 255;
    private static final int FULL_SHORT = 65535;
    private static final double MILLIMETRES = 1000;
    /** About what pictures of a photo take on the heap, a pixel. */
    private static final long BYTES_A_PIXEL = 40;

    private final PredictionFiles files;
    private final Map<String, byte[]> common;

    /**
     * Looks whether everything can be written.
     *
     * @param out       the folder of the results, which need not be there
     * @param kinds     which files are written of each photo
     * @param fields    what is predicted, as the model says
     * @param photos    all that will be written, by their names
     * @param overwrite whether files that are there may be replaced
     * @throws io.gimbal.config.UserException if a file is there, two are the same, or the folder is none;
     *                                        {@code legend.png} and {@code classes.json} may be there as they are to be
     */
    public PredictionWriter(Path out, Set<OutputKind> kinds, List<Field> fields, List<PhotoList.Entry> photos,
            boolean overwrite) {
        files = new PredictionFiles(out, Set.copyOf(kinds), fields);
        common = CommonFiles.of(files.named());
        files.check(common, photos, overwrite);
    }

    /** Writes what all photos have in common, where it is not there: what classes and points are called. */
    public void begin() {
        makeFolder(files.out());
        common.forEach((name, content) -> {
            Path file = files.out().resolve(name);
            if (!CommonFiles.holds(file, content)) {
                write(file, content);
            }
        });
    }

    /**
     * Writes a photo's files.
     *
     * @param name       that of the photo's results, as {@link PhotoList.Entry} has it
     * @param prediction what is written of it
     */
    public void write(String name, PhotoPrediction prediction) {
        makeFolder(files.json(name).getParent());
        long bytes = BYTES_A_PIXEL * prediction.height() * prediction.width();
        HeapShare.lend(Math.min(bytes, HeapShare.LARGEST), () -> {
            for (int i = 0; i < files.fields().size(); i++) {
                if (files.kinds().contains(OutputKind.PNG)) {
                    pictures(name, prediction, i);
                }
                if (files.kinds().contains(OutputKind.NPY)) {
                    numbers(name, prediction, i);
                }
            }
            if (files.kinds().contains(OutputKind.JSON)) {
                write(files.json(name), CommonFiles.text(new PredictionJson(prediction).all()));
            }
            return null;
        });
        if (files.kinds().contains(OutputKind.OVERLAY)) {
            write(files.overlay(name), PredictionOverlay.of(prediction));
        }
    }

    private void pictures(String name, PhotoPrediction prediction, int number) {
        Field field = files.fields().get(number);
        int height = prediction.height();
        int width = prediction.width();
        if (PredictionFiles.hasPicture(field) && field.kind() == Field.Kind.CLASSES) {
            write(files.picture(name, field), classes(field, prediction.classes(number), height, width));
        } else if (PredictionFiles.hasPicture(field) || PredictionFiles.hasColours(field)) {
            float[] values = prediction.values(number, PredictionOverlay.drawn(field), height, width);
            int[] colours = Palette.colours(PredictionOverlay.asDrawn(field), values);
            Path coloured = PredictionFiles.hasColours(field) ? files.coloured(name, field)
                    : files.picture(name, field);
            write(coloured, PngWriter.ofColours(colours, height, width));
            if (field.kind() == Field.Kind.DEPTH) {
                write(files.picture(name, field), PngWriter.ofShorts(millimetres(values), height, width));
            }
        }
    }

    private static byte[] classes(Field field, short[] numbers, int height, int width) {
        if (field.classes() > MOST_IN_PALETTE) {
            return PngWriter.ofShorts(numbers, height, width);
        }
        int[] palette = new int[MOST_IN_PALETTE + 1];
        Arrays.setAll(palette, number -> number < field.classes() ? Palette.ofClass(number) : Palette.unknown());
        byte[] bytes = new byte[numbers.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) numbers[i];
        }
        return PngWriter.ofPalette(bytes, height, width, palette);
    }

    private static short[] millimetres(float[] metres) {
        short[] millimetres = new short[metres.length];
        for (int i = 0; i < millimetres.length; i++) {
            // NaN becomes 0.
            millimetres[i] = (short) Math.clamp(Math.round(metres[i] * MILLIMETRES), 0, FULL_SHORT);
        }
        return millimetres;
    }

    private void numbers(String name, PhotoPrediction prediction, int number) {
        Field field = files.fields().get(number);
        write(files.numbers(name, field), channel -> {
            if (field.kind() == Field.Kind.COORDINATES) {
                new ArrayWriter(channel, field.parts(), 2).add(prediction.coordinates(number));
                return;
            }
            if (field.wholeImage()) {
                new ArrayWriter(channel, field.predicted()).add(prediction.raw(number));
                return;
            }
            ArrayWriter array = new ArrayWriter(channel, prediction.height(), prediction.width(), field.predicted());
            prediction.rows(number, (y, row) -> {
                try {
                    array.add(row);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        });
    }

    private static void makeFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw FileFailures.of(folder, "the folder cannot be made", e);
        }
    }

    /** What goes into a file. */
    private interface Content {
        void writeTo(WritableByteChannel channel) throws IOException;
    }

    private static void write(Path file, byte[] content) {
        write(file, channel -> {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
        });
    }

    /** Not forced to the disk one by one, as the few files of a run are: there may be very many. */
    private static void write(Path file, Content content) {
        Path temporary = file.resolveSibling("." + UUID.randomUUID() + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE)) {
                content.writeTo(channel);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw failed(file, temporary, e);
        } catch (UncheckedIOException e) {
            throw failed(file, temporary, e.getCause());
        }
    }

    private static RuntimeException failed(Path file, Path temporary, IOException failure) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException another) {
            failure.addSuppressed(another);
        }
        return FileFailures.withMessage(file + ": cannot be written: " + FileFailures.reason(temporary, failure) + ".",
                failure);
    }
}
