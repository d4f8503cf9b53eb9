package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.DataFormatException;

/**
 * A TIFF file of one picture, with smaller copies of it or without: greys, a palette, colours or any channels, of 8 to
 * 64 bits, whole or with a fraction, in strips or tiles, packed by LZW, Deflate or PackBits or not (TIFF 6.0 and its
 * technical notes 1 to 3). What GeoTIFF says besides is left alone.
 */
final class TiffFile extends PictureFile {
    private static final int MOST_PAGES = 1000;
    private static final long LARGEST_PART = 64L << 20;
    private static final long MOST_UNPACKED = 1L << 30;
    private static final int REDUCED = 254;
    private static final int WHITE_IS_ZERO = 0;
    private static final int COLOURS = 2;
    private static final int PALETTE = 3;

    private final ByteBuffer in;
    private TiffPacking packing;
    private int predictor;
    private boolean planes;
    private boolean tiled;
    private int partHeight;
    private int partWidth;
    private long[] offsets;
    private long[] counts;

    TiffFile(Path path, byte[] bytes) {
        super(path);
        ByteOrder order = bytes[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        in = ByteBuffer.wrap(bytes).order(order);
        if (bytes.length < 8) {
            throw damaged("it ends within its header", null);
        }
        if (in.getShort(2) == 43) {
            throw refused("a BigTIFF. Save it as a TIFF of less than 4 GiB.");
        }
        TiffTags tags = directory(in.getInt(4) & 0xFFFFFFFFL);
        requireOnePicture(tags);
        size(tags);
        form(tags);
        colours(tags);
        parts(tags);
        orientation = (int) tags.number(0x0112, Exif.UPRIGHT);
        if (orientation < 1 || orientation > 8) {
            orientation = Exif.UPRIGHT;
        }
    }

    static boolean is(byte[] bytes) {
        return bytes.length >= 4 && (bytes[0] == 'I' && bytes[1] == 'I' && (bytes[2] == 42 || bytes[2] == 43)
                && bytes[3] == 0 || bytes[0] == 'M' && bytes[1] == 'M' && bytes[2] == 0
                && (bytes[3] == 42 || bytes[3] == 43));
    }

    private TiffTags directory(long start) {
        return new TiffTags(in, start, reason -> damaged(reason, null));
    }

    private void requireOnePicture(TiffTags first) {
        int pages = 1;
        TiffTags page = first;
        while (page.next() != 0) {
            page = directory(page.next());
            pages++;
            if ((page.number(REDUCED, 0) & 1) == 0 || pages > MOST_PAGES) {
                throw refused("a TIFF of more than one picture; one is read. Save the one that is meant by itself.");
            }
        }
    }

    private void size(TiffTags tags) {
        long columns = tags.number(256, 0);
        long rows = tags.number(257, 0);
        long samples = tags.number(277, 1);
        if (columns < 1 || rows < 1 || samples < 1 || columns > Integer.MAX_VALUE || rows > Integer.MAX_VALUE
                || samples > 0xFFFF) {
            throw damaged("its header says " + columns + " x " + rows + " pixels of " + samples + " channels", null);
        }
        width = (int) columns;
        height = (int) rows;
        channels = (int) samples;
    }

    private void form(TiffTags tags) {
        bits = (int) alike(tags, 258, 1);
        long format = alike(tags, 339, 1);
        type = switch ((int) format) {
            case 1, 4 -> bits == 8 ? SampleType.UNSIGNED_8 : bits == 16 ? SampleType.UNSIGNED_16
                    : bits == 32 ? SampleType.UNSIGNED_32 : bits == 64 ? SampleType.UNSIGNED_64 : null;
            case 2 -> bits == 8 ? SampleType.SIGNED_8 : bits == 16 ? SampleType.SIGNED_16
                    : bits == 32 ? SampleType.SIGNED_32 : bits == 64 ? SampleType.SIGNED_64 : null;
            case 3 -> bits == 16 ? SampleType.FLOAT_16 : bits == 32 ? SampleType.FLOAT_32
                    : bits == 64 ? SampleType.FLOAT_64 : null;
            default -> null;
        };
        packing = TiffPacking.of(tags.number(259, 1));
        predictor = (int) tags.number(317, 1);
        planes = channels > 1 && tags.number(284, 1) == 2;
        if (type == null || packing == null || predictor < 1 || predictor > 3 || predictor == 3 && !type.real()
                || tags.number(266, 1) != 1) {
            throw refused("a TIFF of " + bits + " bits (sample format " + format + "), packed in way "
                    + tags.number(259, 1) + " with predictor " + predictor + "; 8, 16, 32 and 64 bits, not packed or "
                    + "by LZW, Deflate or PackBits, are read. Save it so (tiffcp -c lzw), or as a PNG.");
        }
    }

    /** A tag that stands once for each channel, and must be alike in all. */
    private long alike(TiffTags tags, int tag, long otherwise) {
        if (!tags.has(tag)) {
            return otherwise;
        }
        long[] numbers = tags.numbers(tag);
        for (long number : numbers) {
            if (number != numbers[0]) {
                throw refused("a TIFF whose channels differ (tag " + tag + ": " + numbers[0] + " and " + number
                        + "). Save it with all channels alike.");
            }
        }
        return numbers[0];
    }

    private void colours(TiffTags tags) {
        long meaning = tags.number(262, channels >= 3 ? COLOURS : 1);
        if (meaning == WHITE_IS_ZERO || meaning > PALETTE) {
            throw refused("a TIFF whose numbers are " + (meaning == WHITE_IS_ZERO ? "0 for white"
                    : meaning == 5 ? "inks (CMYK)" : "of colour space " + meaning) + "; greys with 0 for black, "
                    + "colours (RGB) and palettes are read. Save it as one of these.");
        }
        alpha = channels > 1 && tags.has(338) && tags.number(338, 0) != 0;
        if (meaning == PALETTE) {
            if (channels != 1 || type != SampleType.UNSIGNED_8 || !tags.has(320)
                    || tags.numbers(320).length != 3 << bits) {
                throw damaged("it has no palette, or one of a wrong form", null);
            }
            long[] table = tags.numbers(320);
            palette = new byte[table.length];
            for (int i = 0; i < palette.length; i++) {
                palette[i] = (byte) (table[i % 3 * (palette.length / 3) + i / 3] >> 8);
            }
        }
    }

    private void parts(TiffTags tags) {
        tiled = tags.has(322);
        long tall = tiled ? tags.number(323, 0) : Math.min(height, tags.number(278, height));
        long wide = tiled ? tags.number(322, 0) : width;
        if (tall < 1 || wide < 1 || tall > LARGEST_PART || wide > LARGEST_PART
                || tall * wide > LARGEST_PART / ((planes ? 1 : channels) * type.bytes())) {
            throw refused("a TIFF in parts of " + wide + " x " + tall + " pixels; those of up to 64 MiB are read. "
                    + "Save it in strips of fewer rows (tiffcp -r 64).");
        }
        partHeight = (int) tall;
        partWidth = (int) wide;
        offsets = tags.numbers(tiled ? 324 : 273);
        counts = tags.numbers(tiled ? 325 : 279);
        long due = (long) down() * across() * (planes ? channels : 1);
        if (due * tall * wide > MOST_UNPACKED) {
            throw damaged("its parts of " + wide + " x " + tall + " pixels reach far beyond the picture", null);
        }
        if (offsets.length != due || counts.length != due) {
            throw damaged("it has " + offsets.length + " parts, where its size takes " + due, null);
        }
        for (int i = 0; i < offsets.length; i++) {
            if (offsets[i] + counts[i] > in.limit()) {
                throw damaged("it ends within its pixels", null);
            }
        }
    }

    private int down() {
        return (int) (((long) height + partHeight - 1) / partHeight);
    }

    private int across() {
        return (int) (((long) width + partWidth - 1) / partWidth);
    }

    @Override
    Samples unpack() {
        byte[] numbers = new byte[height * width * channels * type.bytes()];
        int inPart = planes ? 1 : channels;
        int pixel = inPart * type.bytes();
        int perPlane = down() * across();
        byte[] part = new byte[0];
        for (int i = 0; i < offsets.length; i++) {
            int top = i % perPlane / across() * partHeight;
            int left = i % across() * partWidth;
            int rows = Math.min(partHeight, height - top);
            int length = (tiled ? partHeight : rows) * partWidth * pixel;
            part = part.length == length ? part : new byte[length];
            unpack(i, part);
            TiffPredictor.restore(predictor, ByteBuffer.wrap(part).order(in.order()), partWidth, inPart, type.bytes());
            int columns = Math.min(partWidth, width - left);
            for (int row = 0; row < rows; row++) {
                int to = ((i / perPlane * height + top + row) * width + left) * pixel;
                System.arraycopy(part, row * partWidth * pixel, numbers, to, columns * pixel);
            }
        }
        ByteBuffer data = ByteBuffer.wrap(numbers).order(in.order());
        return planes ? new Samples(type, data, height, width, channels, 0, width, 1, height * width)
                : Samples.plain(type, data, height, width, channels);
    }

    private void unpack(int number, byte[] part) {
        ByteBuffer packed = in.slice((int) offsets[number], (int) counts[number]);
        try {
            int filled = packing.unpack(packed, part);
            if (filled < part.length) {
                throw damaged("part " + number + " unpacks to " + filled + " bytes, where " + part.length + " are due",
                        null);
            }
        } catch (DataFormatException exception) {
            throw damaged("part " + number + " cannot be unpacked", exception);
        }
    }
}
