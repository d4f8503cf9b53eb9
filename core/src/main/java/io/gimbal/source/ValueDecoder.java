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
 * Real numbers: stored * scale + offset. One channel of 8 or 16 bits is kept as it is stored; all else as real numbers.
 */
final class ValueDecoder implements PixelDecoder {
    static final List<String> KEYS = List.of("channels", "scale", "offset", "missing", "ignore", "names",
            "threshold");
    /** Of depth, which is above 0, and a zero vector. */
    static final float NONE = 0;
    /** Of values that may be anything but below 0. */
    static final float DEFAULT_IGNORE = -1;

    private static final int SHORTS = 1 << 16;

    private final Layer layer;
    private final float scale;
    private final float offset;
    /** Above it a stored number is 1, else 0; NaN where numbers are what they are. */
    private final float threshold;
    private final Missing missing;
    private final boolean flow;
    private final String due;

    /** @param kind what values are: VALUES, DEPTH or FLOW */
    ValueDecoder(String name, Config spec, Field.Kind kind) {
        int channels = kind == Field.Kind.FLOW ? 2 : spec.positive("channels", 1);
        boolean depth = kind == Field.Kind.DEPTH || kind == Field.Kind.VALUES && channels == 1 && name.equals("depth");
        scale = (float) spec.number("scale", Range.FINITE, 1);
        offset = (float) spec.number("offset", Range.FINITE, 0);
        threshold = spec.has("threshold") ? (float) spec.number("threshold", Range.FINITE) : Float.NaN;
        if (!Float.isNaN(threshold) && (spec.has("scale") || spec.has("offset"))) {
            throw spec.error("threshold", "makes 0 and 1 of what is stored, so that 'scale' and 'offset' say nothing");
        }
        missing = Missing.read(spec, depth ? List.of(NONE) : List.of());
        float ignore = (float) spec.number("ignore", Range.FINITE, depth ? NONE : DEFAULT_IGNORE);
        List<String> names = FieldNames.of(spec, "names", channels);
        flow = kind == Field.Kind.FLOW;
        Field field = spec.placed(() -> new Field(name, channels, kind, 0, ignore).named(names));
        layer = new Layer(field, Meaning.of(table(ignore)));
        due = "The field " + name + " has " + channels + (channels == 1 ? " channel" : " channels") + " of numbers.";
    }

    /** NaN where a label would be taken for none. */
    private float[] table(float ignore) {
        float[] table = new float[SHORTS];
        for (int stored = 0; stored < SHORTS; stored++) {
            float value = value(stored);
            table[stored] = missing.has(stored) ? ignore : value == ignore ? Float.NaN : value;
        }
        return table;
    }

    private float value(float stored) {
        return Float.isNaN(threshold) || Float.isNaN(stored) ? stored * scale + offset : stored > threshold ? 1 : 0;
    }

    @Override
    public Layer layer() {
        return layer;
    }

    @Override
    public Plane decode(PictureFile picture, Intake.Kept kept) {
        int channels = layer.field().channels();
        if (picture.channels() != channels) {
            throw new UserException(picture.path() + ": a picture of " + picture.channels() + " channels. " + due);
        }
        float[] stored = picture.values(due);
        boolean coded = channels == 1 && (picture.type() == SampleType.UNSIGNED_8
                || picture.type() == SampleType.UNSIGNED_16);
        float[] values = values(picture, stored, kept);
        if (!coded) {
            return new Plane.Floats(values, channels);
        }
        return picture.type() == SampleType.UNSIGNED_8 ? new Plane.Bytes(picture.bytes(due), 1)
                : new Plane.Shorts(picture.shorts(due), 1);
    }

    private float[] values(PictureFile picture, float[] stored, Intake.Kept kept) {
        Field field = layer.field();
        int channels = field.channels();
        float[] values = new float[stored.length];
        for (int i = 0; i < stored.length; i += channels) {
            boolean labelled = true;
            boolean told = false;
            for (int c = 0; c < channels; c++) {
                boolean gone = missing.has(stored[i + c]);
                labelled &= !gone;
                values[i + c] = value(stored[i + c]);
                told |= values[i + c] != field.ignore();
                if (!gone && !Float.isFinite(values[i + c])) {
                    throw bad(picture, i / channels, stored[i + c] + (Float.isFinite(stored[i + c]) ? ", which 'scale' "
                            + "makes infinite" : ""), "If it means that there is no label: \"missing\": \"nan\".");
                }
            }
            if (!labelled) {
                Arrays.fill(values, i, i + channels, field.ignore());
            } else if (!told) {
                throw bad(picture, i / channels, stored[i] + ", which is " + field.ignore() + " then, and that stands "
                        + "for pixels without a label", "Take another 'ignore', or name it in 'missing'.");
            } else if (flow) {
                values[i] *= (float) kept.width() / picture.width();
                values[i + 1] *= (float) kept.height() / picture.height();
            }
        }
        return values;
    }

    private UserException bad(PictureFile picture, int place, String what, String remedy) {
        return new UserException(picture.path() + ": row " + place / picture.width() + ", column "
                + place % picture.width() + " of the field " + layer.field().name() + " holds " + what + ". " + remedy);
    }
}
