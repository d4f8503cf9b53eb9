package io.gimbal.survey;

import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Intake;
import io.gimbal.data.Normalisation;
import io.gimbal.data.StoredSet;
import io.gimbal.data.Variation;
import io.gimbal.picture.ArrayChoice;
import io.gimbal.picture.PictureFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reads examples one after the other into buffers of its own. For one thread. */
final class ExampleReader {
    private final DataSet data;
    private final List<Field> fields;
    private final FloatBuffer image;
    private final Map<String, ByteBuffer> labels = new LinkedHashMap<>();

    ExampleReader(DataSet data, List<Field> fields) {
        this.data = data;
        this.fields = fields;
        image = FloatBuffer.allocate(Math.multiplyExact(Math.multiplyExact(data.height(), data.width()),
                data.channels()));
        for (Field field : fields) {
            labels.put(field.name(), ByteBuffer.allocate(Math.toIntExact(field.places(data.height(), data.width())
                    * field.bytesPerPlace())).order(ByteOrder.nativeOrder()));
        }
    }

    /** The image that was read last. */
    FloatBuffer image() {
        return image;
    }

    /** The labels that were read last. */
    Map<String, ByteBuffer> labels() {
        return labels;
    }

    /** Reads one into the buffers. */
    void read(int index, Variation variation) {
        data.read(index, variation, image, labels);
    }

    /** What is in it, as it is; or all that is at fault in it. */
    Example look(int index) {
        String name = data.name(index);
        try {
            read(index, Variation.NONE);
            List<Path> files = data.files(index);
            Size size = size(files);
            return new Example(name, List.of(), size, files.isEmpty() ? null
                    : Fingerprint.of(files.getFirst()), colours(size), fields.stream().map(field ->
                            FieldFigures.of(field, labels.get(field.name()))).toList());
        } catch (UserException fault) {
            return Example.broken(name, faults(index, fault));
        }
    }

    /** Each field's, where the image is sound. */
    private List<UserException> faults(int index, UserException first) {
        List<UserException> faults = new ArrayList<>(List.of(first));
        for (Field field : fields) {
            try {
                data.read(index, Variation.NONE, image, Map.of(field.name(), labels.get(field.name())));
            } catch (UserException fault) {
                faults.add(fault);
            }
        }
        return faults;
    }

    private Size size(List<Path> files) {
        if (files.isEmpty()) {
            return new Size(data.width(), data.height());
        }
        PictureFile stored = PictureFile.openAsStored(files.getFirst(), ArrayChoice.ONLY);
        stored.turn(stored.orientation());
        return new Size(stored.width(), stored.height());
    }

    /** Of the pixels that show the image, which may leave borders free. */
    private Moments[] colours(Size size) {
        int channels = data.channels();
        int top = 0;
        int left = 0;
        if (data instanceof StoredSet set) {
            Intake.Kept kept = set.intake().kept(size.height(), size.width());
            top = border(data.height(), kept.fitHeight());
            left = border(data.width(), kept.fitWidth());
        }
        Moments[] colours = Stream.generate(Moments::new).limit(channels).toArray(Moments[]::new);
        for (int y = top; y < data.height() - top; y++) {
            for (int x = left; x < data.width() - left; x++) {
                for (int channel = 0; channel < channels; channel++) {
                    float value = image.get((y * data.width() + x) * channels + channel);
                    colours[channel].add(data.normalisation().stored(channel, value) / Normalisation.FULL_BYTE);
                }
            }
        }
        return colours;
    }

    /** Pixels at either side that the image leaves free, and one where it may end between two of them. */
    private static int border(int extent, double shown) {
        double free = (extent - shown) / 2;
        return free <= 0 ? 0 : Math.min((int) Math.ceil(free) + 1, (extent - 1) / 2);
    }
}
