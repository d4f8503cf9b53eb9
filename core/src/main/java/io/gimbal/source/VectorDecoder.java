package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.data.Intake;
import io.gimbal.data.Layer;
import io.gimbal.data.Meaning;
import io.gimbal.data.Plane;
import io.gimbal.picture.PictureFile;
import io.gimbal.picture.SampleType;
import java.util.Arrays;
import java.util.List;

/**
 * Unit vectors of three channels: real numbers as they are; whole ones of 8 or 16 bits as v / (most / 2) - 1, so that 0
 * to 255 are -1 to 1. A vector shorter than half of 1, as black and middle grey are, is no label; others are brought to
 * length 1.
 */
final class VectorDecoder implements PixelDecoder {
    static final List<String> KEYS = List.of("axes", "scale", "offset", "missing", "mask");
    private static final List<String> AXES = List.of("x", "y", "z", "-x", "-y", "-z");
    private static final List<Float> BLACK = List.of(0f);
    private static final int CHANNELS = 3;
    private static final double SHORTEST = 0.5;
    private static final double LONGEST = 2;

    private final Layer layer;
    /** For each of x, y and z the stored channel, and its sign. */
    private final int[] channels = new int[CHANNELS];
    private final int[] signs = new int[CHANNELS];
    private final Config spec;
    private final Missing missing;
    private final String due;

    VectorDecoder(String name, Config spec) {
        this.spec = spec;
        this.layer = new Layer(spec.placed(() -> Field.ofVectors(name, ValueDecoder.NONE)), Meaning.STORED);
        this.missing = Missing.read(spec, BLACK);
        due = "The field " + name + " has 3 channels: x, y and z of a unit vector.";
        readAxes();
        spec.number("scale", Range.FINITE, 1);
        spec.number("offset", Range.FINITE, 0);
    }

    private void readAxes() {
        List<String> axes = spec.has("axes") ? spec.texts("axes") : AXES.subList(0, CHANNELS);
        boolean[] used = new boolean[CHANNELS];
        for (int i = 0; i < axes.size() && i < CHANNELS; i++) {
            int axis = AXES.indexOf(axes.get(i));
            if (axis >= 0) {
                used[axis % CHANNELS] = true;
                channels[axis % CHANNELS] = i;
                signs[axis % CHANNELS] = axis < CHANNELS ? 1 : -1;
            }
        }
        if (axes.size() != CHANNELS || !used[0] || !used[1] || !used[2]) {
            throw spec.error("axes", "is " + axes + "; it tells which axis each stored channel is, of x (right), y "
                    + "(down) and z (forward), with - for the other way: [\"x\", \"-y\", \"-z\"]");
        }
    }

    @Override
    public Layer layer() {
        return layer;
    }

    @Override
    public Plane decode(PictureFile picture, Intake.Kept kept) {
        if (picture.channels() != CHANNELS) {
            throw new UserException(picture.path() + ": a picture of " + picture.channels() + " channels. " + due);
        }
        float[] stored = picture.values(due);
        int most = picture.type() == SampleType.UNSIGNED_8 ? 255 : picture.type() == SampleType.UNSIGNED_16 ? 65535 : 0;
        float scale = (float) spec.number("scale", most == 0 ? 1 : 2.0 / most);
        float offset = (float) spec.number("offset", most == 0 ? 0 : -1);
        float[] vectors = new float[stored.length];
        for (int i = 0; i < stored.length; i += CHANNELS) {
            boolean gone = missing.has(stored[i]) && missing.has(stored[i + 1]) && missing.has(stored[i + 2]);
            if (gone) {
                continue;
            }
            double squares = 0;
            for (int c = 0; c < CHANNELS; c++) {
                vectors[i + c] = signs[c] * (stored[i + channels[c]] * scale + offset);
                squares += vectors[i + c] * vectors[i + c];
            }
            double length = Math.sqrt(squares);
            if (!(length <= LONGEST)) {
                throw new UserException(picture.path() + ": the vector at row " + i / CHANNELS / picture.width()
                        + ", column " + i / CHANNELS % picture.width() + " has length " + length + ". " + due
                        + " 'scale' and 'offset' make it of what is stored.");
            }
            if (length < SHORTEST) {
                Arrays.fill(vectors, i, i + CHANNELS, ValueDecoder.NONE);
                continue;
            }
            for (int c = 0; c < CHANNELS; c++) {
                vectors[i + c] = (float) (vectors[i + c] / length);
            }
        }
        return Plane.Directions.of(vectors);
    }
}
