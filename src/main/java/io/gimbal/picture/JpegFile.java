package io.gimbal.picture;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

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

    /**
     * What libjpeg says of files whose pixels are all there. Bytes too many before a restart marker are none of these:
     * there, the decoder lost its place.
     */
    private static final Pattern HARMLESS = Pattern.compile(
            "Corrupt JPEG data: \\d+ extraneous bytes before marker 0x(?!d[0-7]).*"
                    + "|Invalid SOS parameters for sequential JPEG|Unknown Adobe color transform code.*"
                    + "|Warning: unknown JFIF revision number.*");

    private final byte[] bytes;
    /** The file's segments without those that only tell about the picture. */
    private final ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    private final Set<Integer> scanned = new HashSet<>();
    private int[] components;
    private boolean jfif;
    private int adobe = ABSENT;
    private int scans;

    JpegFile(Path path, byte[] bytes) {
        super(path);
        this.bytes = bytes;
        walk();
    }

    static boolean is(byte[] bytes) {
        return bytes.length >= 2 && (bytes[0] & 255) == 0xFF && (bytes[1] & 255) == SOI;
    }

    @Override
    public byte[] classNumbers(String due) {
        throw lossy(due);
    }

    @Override
    public byte[] greyLevels(String due) {
        throw lossy(due);
    }

    private RuntimeException lossy(String due) {
        return refused("a JPEG, which changes the numbers that it is to keep. " + due
                + " Make it from the original: what was a JPEG once has changed numbers.");
    }

    @Override
    public byte[] colours() {
        boolean luminance = components.length != 1 && luminance();
        Raster raster = decode("jpeg", pixels.toByteArray(), warning -> HARMLESS.matcher(warning).matches());
        int stored = components.length;
        byte[] row = new byte[stored * width];
        byte[] colours = new byte[3 * height * width];
        for (int y = 0; y < height; y++) {
            raster.getDataElements(0, y, width, 1, row);
            for (int x = 0; x < width; x++) {
                int from = stored * x;
                int to = 3 * (y * width + x);
                if (stored == 1) {
                    java.util.Arrays.fill(colours, to, to + 3, row[x]);
                    continue;
                }
                if (luminance) {
                    JpegColours.fromLuminance(row, from, colours, to);
                } else {
                    System.arraycopy(row, from, colours, to, 3);
                }
                if (stored == 4) {
                    JpegColours.print(luminance, row[from + 3], colours, to);
                }
            }
        }
        return colours;
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
        components = new int[body.get(5) & 255];
        for (int i = 0; i < components.length; i++) {
            components[i] = body.get(6 + 3 * i) & 255;
        }
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
            scanned.add(body.get(1 + 2 * i) & 255);
        }
        scans++;
        if (scans > MOST_SCANS) {
            throw refused("more than " + MOST_SCANS + " scans, each of which goes over all pixels. Save it anew.");
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
