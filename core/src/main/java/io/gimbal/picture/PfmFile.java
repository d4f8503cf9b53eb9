package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A portable float map: float32, one channel (Pf) or three (PF), the lowest row first. The sign of its scale says the
 * byte order; how large the scale is changes nothing, as in the readers of the benchmarks that use this form.
 */
final class PfmFile extends PictureFile {
    private static final int LONGEST_HEADER = 200;
    private static final Pattern HEADER = Pattern.compile(
            "P([fF])\\s+(\\d{1,9})\\s+(\\d{1,9})\\s+([+-]?[0-9.]+(?:[eE][+-]?\\d{1,3})?)(?:\\r\\n|\\s)");

    private final ByteBuffer numbers;

    PfmFile(Path path, byte[] bytes) {
        super(path);
        String start = new String(bytes, 0, Math.min(bytes.length, LONGEST_HEADER), StandardCharsets.ISO_8859_1);
        Matcher header = HEADER.matcher(start);
        if (!header.lookingAt()) {
            throw damaged("its header does not say width, height and scale", null);
        }
        channels = header.group(1).equals("F") ? 3 : 1;
        width = Integer.parseInt(header.group(2));
        height = Integer.parseInt(header.group(3));
        type = SampleType.FLOAT_32;
        bits = Float.SIZE;
        long due = (long) width * height * channels * Float.BYTES;
        int given = bytes.length - header.end();
        if (width < 1 || height < 1 || given != due) {
            throw damaged(given + " bytes of numbers, where " + width + " x " + height + " pixels of " + channels
                    + (channels == 1 ? " channel" : " channels") + " take " + due, null);
        }
        numbers = ByteBuffer.wrap(bytes).slice(header.end(), given).order(order(header.group(4)));
    }

    static boolean is(byte[] bytes) {
        return bytes.length >= 3 && bytes[0] == 'P' && (bytes[1] == 'f' || bytes[1] == 'F')
                && Character.isWhitespace(bytes[2]);
    }

    private ByteOrder order(String scale) {
        double value;
        try {
            value = Double.parseDouble(scale);
        } catch (NumberFormatException exception) {
            throw damaged("its scale is " + scale, exception);
        }
        if (value == 0 || !Double.isFinite(value)) {
            throw damaged("its scale is " + scale, null);
        }
        return value < 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }

    @Override
    Samples unpack() {
        int down = width * channels;
        return new Samples(type, numbers, height, width, channels, (height - 1) * down, -down, channels, 1);
    }
}
