package io.gimbal.source;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Makes a folder of MNIST's four files, one of them unpacked. */
public final class DigitFolder {
    static final int IMAGES = 0x803;
    static final int LABELS = 0x801;
    private static final int PIXELS = 28 * 28;

    private DigitFolder() {}

    /** Writes that many digits of each part; the k-th is k % 10, a plain square of brightness 20 (k % 10) + 1. */
    public static Path write(Path path, int count) {
        DataFolder folder = new DataFolder(path);
        byte[] images = new byte[count * PIXELS];
        byte[] labels = new byte[count];
        for (int i = 0; i < images.length; i++) {
            int digit = i / PIXELS % 10;
            images[i] = (byte) (20 * digit + 1);
            labels[i / PIXELS] = (byte) digit;
        }
        folder.bytes("train-images-idx3-ubyte.gz", gzip(idx(IMAGES, images, count, 28, 28)));
        folder.bytes("train-labels-idx1-ubyte", idx(LABELS, labels, count));
        folder.bytes("t10k-images-idx3-ubyte.gz", gzip(idx(IMAGES, images, count, 28, 28)));
        folder.bytes("t10k-labels-idx1-ubyte.gz", gzip(idx(LABELS, labels, count)));
        return path;
    }

    static byte[] idx(int magic, byte[] values, int... extents) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(magic);
            for (int extent : extents) {
                out.writeInt(extent);
            }
            out.write(values);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }
}
