package io.gimbal.data;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * A kept sample as bytes, little-endian: a mark of 8 bytes; the CRC32C of all that follows; rows and columns kept
 * (32 bits each) and shown (64-bit reals each); the number of names that were looked for, and these; the number of
 * planes, and of each its name (empty for the image), kind (one byte), channels, number of values, and the values. A
 * name is its length in 16 bits and UTF-8.
 */
final class SampleFile {
    private static final long MARK = 0x3153_4C42_4D49_4731L;
    private static final int HEAD = Long.BYTES + Integer.BYTES;
    private static final String IMAGE = "";

    private SampleFile() { }

    /** Its bytes; nothing where they are more than an array has. */
    static Optional<byte[]> write(Sample sample) {
        long most = HEAD + 64 + sample.bytes() + sample.fields().keySet().stream().mapToLong(SampleFile::bytes).sum()
                + sample.known().stream().mapToLong(SampleFile::bytes).sum();
        if (most > Integer.MAX_VALUE - 16) {
            return Optional.empty();
        }
        ByteBuffer out = ByteBuffer.allocate((int) most).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(MARK).putInt(0);
        Intake.Kept kept = sample.kept();
        out.putInt(kept.height()).putInt(kept.width()).putDouble(kept.fitHeight()).putDouble(kept.fitWidth());
        out.putInt(sample.known().size());
        sample.known().forEach(name -> putName(out, name));
        out.putInt(1 + sample.fields().size());
        putPlane(out, IMAGE, sample.image());
        sample.fields().forEach((name, plane) -> putPlane(out, name, plane));
        byte[] bytes = new byte[out.position()];
        out.putInt(Long.BYTES, sum(out.array(), bytes.length));
        out.get(0, bytes);
        return Optional.of(bytes);
    }

    /** What a plane of that name, or the name itself, takes at most besides values. */
    private static long bytes(String name) {
        return 3L * name.length() + 16;
    }

    private static int sum(byte[] bytes, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, HEAD, length - HEAD);
        return (int) sum.getValue();
    }

    private static void putName(ByteBuffer out, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        out.putShort((short) bytes.length).put(bytes);
    }

    private static void putPlane(ByteBuffer out, String name, Plane plane) {
        putName(out, name);
        switch (plane) {
            case Plane.Bytes bytes -> putHead(out, 0, plane, bytes.values().length).put(bytes.values());
            case Plane.Shorts shorts -> {
                putHead(out, 1, plane, shorts.values().length).asShortBuffer().put(shorts.values());
                out.position(out.position() + Short.BYTES * shorts.values().length);
            }
            case Plane.Floats floats -> {
                putHead(out, 2, plane, floats.values().length).asFloatBuffer().put(floats.values());
                out.position(out.position() + Float.BYTES * floats.values().length);
            }
            case Plane.Directions directions -> putHead(out, 3, plane, directions.values().length)
                    .put(directions.values());
        }
    }

    private static ByteBuffer putHead(ByteBuffer out, int kind, Plane plane, int values) {
        return out.put((byte) kind).putInt(plane.channels()).putInt(values);
    }

    /** The sample that bytes hold; nothing where they are not what {@link #write} made. */
    static Optional<Sample> read(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < HEAD || in.getLong() != MARK || in.getInt() != sum(bytes, bytes.length)) {
            return Optional.empty();
        }
        try {
            return Optional.of(sample(in));
        } catch (BufferUnderflowException | IllegalArgumentException damaged) {
            return Optional.empty();
        }
    }

    private static Sample sample(ByteBuffer in) {
        Intake.Kept kept = new Intake.Kept(in.getInt(), in.getInt(), in.getDouble(), in.getDouble());
        Set<String> known = new HashSet<>();
        for (int left = in.getInt(); left > 0; left--) {
            known.add(name(in));
        }
        Map<String, Plane> planes = new HashMap<>();
        for (int left = in.getInt(); left > 0; left--) {
            planes.put(name(in), plane(in));
        }
        Plane image = planes.remove(IMAGE);
        if (image == null || in.hasRemaining()) {
            throw new IllegalArgumentException("no image, or something after the planes");
        }
        return new Sample(kept, image, planes, known);
    }

    private static String name(ByteBuffer in) {
        byte[] bytes = new byte[in.getShort() & 0xFFFF];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Plane plane(ByteBuffer in) {
        int kind = in.get();
        int channels = in.getInt();
        int count = in.getInt();
        long size = (long) count * (kind == 1 ? Short.BYTES : kind == 2 ? Float.BYTES : 1);
        if (channels < 1 || count < 0 || count % channels != 0 || size > in.remaining() || kind == 3 && channels != 3) {
            throw new IllegalArgumentException("no such plane");
        }
        ByteBuffer values = in.slice(in.position(), (int) size).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + (int) size);
        return switch (kind) {
            case 0 -> new Plane.Bytes(bytes(values), channels);
            case 1 -> {
                short[] shorts = new short[count];
                values.asShortBuffer().get(shorts);
                yield new Plane.Shorts(shorts, channels);
            }
            case 2 -> {
                float[] floats = new float[count];
                values.asFloatBuffer().get(floats);
                yield new Plane.Floats(floats, channels);
            }
            case 3 -> new Plane.Directions(bytes(values));
            default -> throw new IllegalArgumentException("no such kind");
        };
    }

    private static byte[] bytes(ByteBuffer values) {
        byte[] bytes = new byte[values.remaining()];
        values.get(bytes);
        return bytes;
    }
}
