package io.gimbal.picture;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * A JPEG file. Its markers are walked to the end marker, so that a file that was cut off is known as such whatever its
 * decoder makes of it; what lies behind the end marker is left alone.
 *
 * <p>A JPEG stores luminance and two chrominances, and which colours they mean is said by JPEG's own formula (JFIF).
 * Which files store colours or inks instead is told by the markers as libjpeg tells it.
 */
final class JpegFile extends PictureFile {
    private static final int SOI = 0xD8;
    private static final int EOI = 0xD9;
    private static final int SOS = 0xDA;
    private static final int TEM = 0x01;
    private static final int COMMENT = 0xFE;
    private static final int ADOBE_NONE = 0;
    private static final int ADOBE_YCCK = 2;
    private static final int ABSENT = -1;
    /** Each scan goes over all pixels again; encoders write about ten. */
    private static final int MOST_SCANS = 256;

    /** JFIF's marker: three channels are luminance and chrominances. */
    private static final byte[] JFIF = {(byte) 0xFF, (byte) 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0,
        0};
    private static final int COEFFICIENTS = 64;

    private final byte[] bytes;
    /** The file's segments without those that only tell about the picture. */
    private final ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    private final Set<Integer> scanned = new HashSet<>();
    private int[] components;
    private boolean jfif;
    private int adobe = ABSENT;
    private int scans;
    private boolean progressive;
    /** Of each channel's coefficients, how many bits are still missing; -1 where all are. */
    private byte[][] missing;
    /** Whether decoders agree to the bit: a usual subsampling, all bits there, nothing to be made up or skipped. */
    private boolean plain = true;

    JpegFile(Path path, byte[] bytes) {
        super(path);
        this.bytes = bytes;
        walk();
    }

    static boolean is(byte[] bytes) {
        return bytes.length >= 2 && (bytes[0] & 255) == 0xFF && (bytes[1] & 255) == SOI;
    }

    @Override
    String lossyForm() {
        return "JPEG";
    }

    /** Grey, or red, green and blue. */
    @Override
    Samples unpack() {
        boolean luminance = components.length != 1 && luminance();
        byte[] colours = components.length == 1 || luminance && components.length == 3 ? fast() : null;
        if (colours == null) {
            colours = JdkJpeg.stored(pixels.toByteArray(), components.length * height * width, this::damaged);
            if (components.length != 1) {
                colours = JpegColours.of(colours, components.length, luminance);
            }
        }
        return Samples.ofBytes(colours, height, width, channels);
    }

    /** By libjpeg-turbo, where it makes what the JDK's decoder makes; else null. */
    private byte[] fast() {
        if (!plain || Leptonica.FOUND == null) {
            return null;
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream(pixels.size() + JFIF.length);
        file.write(bytes, 0, 2);
        file.writeBytes(JFIF);
        file.write(pixels.toByteArray(), 2, pixels.size() - 2);
        return Leptonica.FOUND.jpeg(file.toByteArray(), height, width, channels);
    }

    /** Whether three of the channels are luminance and chrominances; as libjpeg decides it. */
    private boolean luminance() {
        if (components.length == 4) {
            if (adobe == ABSENT) {
                throw refused("four inks (CMYK), without Adobe's marker, so that it does not say whether 0 is no ink "
                        + "or all of it. Save it in colours (RGB).");
            }
            return adobe == ADOBE_YCCK;
        }
        if (jfif) {
            return true;
        }
        if (adobe != ABSENT) {
            return adobe != ADOBE_NONE;
        }
        return !(components[0] == 'R' && components[1] == 'G' && components[2] == 'B');
    }

    private void walk() {
        keep(0, 2);
        int at = 2;
        while (true) {
            while (at < bytes.length && (bytes[at] & 255) != 0xFF) {
                plain = false;
                at++;
            }
            while (at < bytes.length && (bytes[at] & 255) == 0xFF) {
                at++;
            }
            if (at >= bytes.length) {
                throw damaged("it ends before its end marker", null);
            }
            int marker = bytes[at++] & 255;
            if (marker == EOI) {
                keep(at - 2, at);
                break;
            }
            if (marker == SOI) {
                throw damaged("a second picture begins within the first", null);
            }
            if (marker != 0 && marker != TEM && !isRestart(marker)) {
                at = segment(marker, at);
            }
        }
        if (components == null) {
            throw damaged("it has no header", null);
        }
        if (scanned.size() < components.length) {
            throw damaged("only " + scanned.size() + " of its " + components.length + " channels are there", null);
        }
        for (byte[] coefficients : missing) {
            for (byte bitsMissing : coefficients) {
                plain &= bitsMissing == 0;
            }
        }
    }

    /** Takes a segment in; returns where what follows begins. */
    private int segment(int marker, int at) {
        int length = at + 2 > bytes.length ? 0 : word(at);
        int end = at + length;
        if (length < 2 || end > bytes.length) {
            throw damaged("it ends within a segment", null);
        }
        ByteBuffer body = ByteBuffer.wrap(bytes, at + 2, length - 2).slice();
        if (marker >= 0xE0 && marker <= 0xEF) {
            application(marker - 0xE0, body);
        } else if (marker == SOS) {
            scan(body);
            int stop = entropyCodedEnd(end);
            keep(at - 2, stop);
            return stop;
        } else if (marker != COMMENT) {
            if (isFrame(marker)) {
                frame(marker, body);
            }
            keep(at - 2, end);
        }
        return end;
    }

    private void application(int number, ByteBuffer body) {
        if (number == 0 && begins(body, "JFIF\0")) {
            jfif = true;
        } else if (number == 1 && begins(body, "Exif\0\0") && orientation == Exif.UPRIGHT) {
            orientation = Exif.orientation(body.slice(6, body.limit() - 6));
        } else if (number == 14 && begins(body, "Adobe") && body.limit() >= 12) {
            adobe = body.get(11) & 255;
        }
    }

    private static boolean begins(ByteBuffer body, String text) {
        byte[] due = text.getBytes(StandardCharsets.ISO_8859_1);
        return body.limit() >= due.length && body.slice(0, due.length).equals(ByteBuffer.wrap(due));
    }

    private void frame(int marker, ByteBuffer body) {
        if (components != null) {
            throw damaged("it has two headers", null);
        }
        if (body.limit() < 6 || body.limit() < 6 + 3 * (body.get(5) & 255)) {
            throw damaged("its header is cut off", null);
        }
        if (marker > 0xC2 || body.get(0) != 8) {
            throw refused("a JPEG of a rare kind (header " + Integer.toHexString(marker) + ", " + (body.get(0) & 255)
                    + " bits); baseline and progressive ones of 8 bits are read. Save it as such, or as a PNG.");
        }
        height = body.getShort(1) & 0xFFFF;
        width = body.getShort(3) & 0xFFFF;
        if (height == 0 || width == 0) {
            throw damaged("its header says " + width + " x " + height + " pixels", null);
        }
        progressive = marker == 0xC2;
        components = new int[body.get(5) & 255];
        missing = new byte[components.length][COEFFICIENTS];
        for (int i = 0; i < components.length; i++) {
            components[i] = body.get(6 + 3 * i) & 255;
            java.util.Arrays.fill(missing[i], (byte) -1);
            int sampling = body.get(7 + 3 * i) & 255;
            plain &= i == 0 ? sampling == 0x11 || sampling == 0x21 || sampling == 0x22 : sampling == 0x11;
        }
        channels = components.length == 1 ? 1 : 3;
        if (components.length != 1 && components.length != 3 && components.length != 4) {
            throw refused("a JPEG of " + components.length + " channels; those of 1 (grey), 3 (colours) and 4 (inks) "
                    + "are read. Save it in colours (RGB).");
        }
    }

    private void scan(ByteBuffer body) {
        if (components == null) {
            throw damaged("its pixels come before its header", null);
        }
        int count = body.limit() < 1 ? 0 : body.get(0) & 255;
        if (body.limit() < 1 + 2 * count) {
            throw damaged("the header of a scan is cut off", null);
        }
        for (int i = 0; i < count; i++) {
            int name = body.get(1 + 2 * i) & 255;
            scanned.add(name);
            received(name, body.slice(1 + 2 * count, body.limit() - 1 - 2 * count));
        }
        scans++;
        if (scans > MOST_SCANS) {
            throw refused("more than " + MOST_SCANS + " scans, each of which goes over all pixels. Save it anew.");
        }
    }

    /** Which coefficients of a channel a scan holds, and to which bit, as its header says. */
    private void received(int name, ByteBuffer range) {
        int first = range.limit() < 3 ? -1 : range.get(0);
        int last = range.limit() < 3 ? -1 : range.get(1);
        if (first < 0 || last < first || last >= COEFFICIENTS || !progressive && (last != COEFFICIENTS - 1
                || first != 0 || range.get(2) != 0)) {
            plain = false;
            return;
        }
        for (int i = 0; i < components.length; i++) {
            if (components[i] == name) {
                java.util.Arrays.fill(missing[i], first, last + 1, (byte) (range.get(2) & 15));
            }
        }
    }

    /** Where the next marker begins that does not belong to a scan's data. */
    private int entropyCodedEnd(int from) {
        int at = from;
        while (at + 1 < bytes.length) {
            int next = bytes[at + 1] & 255;
            if ((bytes[at] & 255) == 0xFF && next != 0 && next != 0xFF && !isRestart(next)) {
                return at;
            }
            at++;
        }
        throw damaged("it ends within its pixels", null);
    }

    private static boolean isRestart(int marker) {
        return marker >= 0xD0 && marker <= 0xD7;
    }

    /** SOF0 to SOF15; between them stand tables (DHT, JPG, DAC). */
    private static boolean isFrame(int marker) {
        return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }

    private int word(int at) {
        return (bytes[at] & 255) << 8 | bytes[at + 1] & 255;
    }

    private void keep(int from, int to) {
        pixels.write(bytes, from, to - from);
    }
}
