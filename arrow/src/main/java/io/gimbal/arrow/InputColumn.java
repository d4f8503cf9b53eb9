package io.gimbal.arrow;

import io.gimbal.config.UserException;
import io.gimbal.data.Normalisation;
import io.gimbal.graph.Shape;
import java.util.Optional;

/** The network's inputs. */
final class InputColumn extends Column {
    /** By channel, then by the pixel's value; null where inputs are taken as they are. */
    private final float[][] table;

    /** @throws UserException for pixels without a normalisation, or one of other channels */
    InputColumn(Elements elements, Shape shape, Optional<Normalisation> normalisation) {
        super(elements);
        if (!elements.ofBytes()) {
            table = null;
            return;
        }
        Normalisation given = normalisation.orElseThrow(() -> new UserException(elements.described() + " holds "
                + "pixels, bytes without sign. Say by normalised(...) what the network sees of them, for instance "
                + "Normalisation.RANGE, which is [-2, 2].")).spread(shape.channels());
        table = new float[shape.channels()][];
        for (int channel = 0; channel < table.length; channel++) {
            table[channel] = given.table(channel);
        }
    }

    @Override
    Object room(int rows) {
        return new float[Math.multiplyExact(rows, elements().count())];
    }

    @Override
    void fillUnlabelled(long row, Object into, int at) {
        throw elements().isNullAt(row, ", and inputs must be there");
    }

    @Override
    void copyRow(int start, long row, Object into, int at) {
        float[] values = (float[]) into;
        if (table == null) {
            elements().floats(start, values, at);
            return;
        }
        for (int i = 0; i < elements().count(); i++) {
            values[at + i] = table[i % table.length][(int) elements().integer(start + i)];
        }
    }
}
