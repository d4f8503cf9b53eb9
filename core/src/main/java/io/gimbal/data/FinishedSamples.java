package io.gimbal.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Varies samples of sets that hand them out finished. */
final class FinishedSamples {
    private FinishedSamples() { }

    /** The set itself mirrors, as it knows what its labels mean; all else is done to what it wrote. */
    static void vary(DataSet data, int index, Variation variation, FloatBuffer image, Map<String, ByteBuffer> targets) {
        float[] pixels = new float[data.height() * data.width() * data.channels()];
        Map<String, ByteBuffer> finished = new HashMap<>();
        targets.keySet().forEach(name -> finished.put(name, ByteBuffer.allocate(Slot.targetBytes(data, name))
                .order(ByteOrder.nativeOrder())));
        data.read(index, variation.flip(), FloatBuffer.wrap(pixels), finished);
        List<Layer> layers = new ArrayList<>();
        Map<String, Plane> planes = new HashMap<>();
        finished.forEach((name, values) -> {
            Field field = data.field(name);
            // Heat maps that are finished are moved as what they are: values.
            Field.Kind kind = field.kind() == Field.Kind.POINTS ? Field.Kind.VALUES : field.kind();
            layers.add(new Layer(new Field(name, field.channels(), kind, field.classes(), field.ignore(),
                    field.wholeImage(), field.names()), Meaning.STORED));
            if (kind != Field.Kind.COORDINATES) {
                planes.put(name, new Plane.Floats(values(field, values), field.channels()));
            } else {
                Coordinates.places(field, values, data.height(), data.width()).ifPresent(plane ->
                        planes.put(name, plane));
            }
        });
        Intake intake = new Intake(data.height(), data.width(), data.channels(), Fit.CROP, data.normalisation(),
                Augmentation.NONE, SampleCache.Bounds.DEFAULT);
        Sample sample = new Sample(intake.kept(data.height(), data.width()), stored(pixels, data), planes,
                targets.keySet());
        new SampleWriter(intake, layers).write(sample, variation.withoutMirror(), image, targets);
    }

    private static float[] values(Field field, ByteBuffer finished) {
        float[] values = new float[finished.capacity() / Float.BYTES];
        for (int i = 0; i < values.length; i++) {
            values[i] = field.kind() == Field.Kind.CLASSES ? finished.getInt(4 * i) : finished.getFloat(4 * i);
        }
        return values;
    }

    /** What was stored, as parts of the largest value that could be. */
    private static Plane stored(float[] pixels, DataSet data) {
        int channels = data.channels();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = data.normalisation().stored(i % channels, pixels[i]) / Normalisation.FULL_BYTE;
        }
        return new Plane.Floats(pixels, channels);
    }
}
