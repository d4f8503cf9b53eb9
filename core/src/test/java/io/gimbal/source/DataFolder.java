package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.graph.Shape;
import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;

/** A folder of small files to read, written by other means than Gimbal's. */
public final class DataFolder {
    public final Path path;

    public DataFolder(Path path) {
        this.path = path;
    }

    /** Writes a text. */
    public Path text(String file, String text) {
        return bytes(file, text.getBytes(StandardCharsets.UTF_8));
    }

    public Path bytes(String file, byte[] bytes) {
        try {
            Path target = path.resolve(file);
            Files.createDirectories(target.getParent());
            return Files.write(target, bytes);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes a picture whose stored numbers are these, row by row, channel by channel. */
    public Path picture(String file, int type, int width, int height, int... numbers) {
        BufferedImage picture = new BufferedImage(width, height, type);
        WritableRaster raster = picture.getRaster();
        int channels = raster.getNumBands();
        int[] all = new int[width * height * channels];
        for (int i = 0; i < all.length; i++) {
            all[i] = numbers[i % numbers.length];
        }
        raster.setPixels(0, 0, width, height, all);
        try {
            Path target = path.resolve(file);
            Files.createDirectories(target.getParent());
            String suffix = file.substring(file.lastIndexOf('.') + 1);
            if (!ImageIO.write(picture, suffix, target.toFile())) {
                throw new IllegalStateException("no writer for " + file);
            }
            return target;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    public Path grey(String file, int width, int height, int... numbers) {
        return picture(file, BufferedImage.TYPE_BYTE_GRAY, width, height, numbers);
    }

    public Path grey16(String file, int width, int height, int... numbers) {
        return picture(file, BufferedImage.TYPE_USHORT_GRAY, width, height, numbers);
    }

    public Path colours(String file, int width, int height, int... numbers) {
        return picture(file, BufferedImage.TYPE_3BYTE_BGR, width, height, numbers);
    }

    /** A float32 array in numpy's form. */
    public Path npy(String file, String shape, float... values) {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
        header += " ".repeat((64 - (10 + header.length() + 1) % 64) % 64) + "\n";
        ByteBuffer bytes = ByteBuffer.allocate(10 + header.length() + 4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0)
                .putShort((short) header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes(file, bytes.array());
    }

    /** The data set that a configuration's {@code data} describes; FOLDER in it stands for this one. */
    DataSet open(String data, int channels, int height, int width) {
        return open(data, Shape.image(1, channels, height, width), Optional.empty());
    }

    /** The same for any input, and with what other data told. */
    DataSet open(String data, Shape input, Optional<String> told) {
        return Sources.training(Config.parse(data.replace("FOLDER", path.toString()), "test.json"), 1, input, told);
    }

    /** What a sample holds, images by the name "image". */
    static Map<String, float[]> read(DataSet data, int index, boolean flip) {
        Map<String, ByteBuffer> targets = new HashMap<>();
        for (Field field : data.fields()) {
            targets.put(field.name(), ByteBuffer.allocate((int) field.places(data.height(), data.width())
                    * field.bytesPerPlace()).order(ByteOrder.nativeOrder()));
        }
        FloatBuffer image = FloatBuffer.allocate(data.height() * data.width() * data.channels());
        data.read(index, flip, image, targets);
        Map<String, float[]> read = new HashMap<>();
        read.put("image", image.array());
        for (Field field : data.fields()) {
            ByteBuffer target = targets.get(field.name());
            float[] values = new float[target.capacity() / 4];
            for (int i = 0; i < values.length; i++) {
                values[i] = field.kind() == Field.Kind.CLASSES ? target.getInt(4 * i) : target.getFloat(4 * i);
            }
            read.put(field.name(), values);
        }
        return read;
    }
}
