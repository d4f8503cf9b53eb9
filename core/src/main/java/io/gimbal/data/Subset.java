package io.gimbal.data;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Some samples of a data set, in its order. Of a set that is split, {@link #learned} and {@link #heldOut} have each
 * sample once. Safe for use by several threads, as the whole set is.
 */
public final class Subset implements DataSet {
    private final DataSet whole;
    private final int[] indices;
    private final String what;

    private Subset(DataSet whole, int[] indices, String what) {
        this.whole = whole;
        this.indices = indices;
        this.what = what;
    }

    /**
     * {@return what is left to learn from}
     *
     * @param whole the set
     * @param part  which part of it is held out, above 0 and below 1
     */
    public static Subset learned(DataSet whole, double part) {
        return new Subset(whole, IntStream.range(0, whole.size()).filter(index -> !held(index, part)).toArray(),
                "without a part of " + part);
    }

    /**
     * {@return what is held out: samples that are spread evenly over the set}
     *
     * @param whole the set
     * @param part  which part of it, above 0 and below 1
     */
    public static Subset heldOut(DataSet whole, double part) {
        return new Subset(whole, IntStream.range(0, whole.size()).filter(index -> held(index, part)).toArray(),
                "a part of " + part + " of");
    }

    /** Whether a sample is the first of another whole number of held-out ones. */
    private static boolean held(int index, double part) {
        return Math.floor((index + 1) * part) > Math.floor(index * part);
    }

    @Override
    public int size() {
        return indices.length;
    }

    @Override
    public int height() {
        return whole.height();
    }

    @Override
    public int width() {
        return whole.width();
    }

    @Override
    public int channels() {
        return whole.channels();
    }

    @Override
    public Normalisation normalisation() {
        return whole.normalisation();
    }

    @Override
    public Fit fit() {
        return whole.fit();
    }

    @Override
    public List<Field> fields() {
        return whole.fields();
    }

    @Override
    public void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
        whole.read(indices[index], flip, image, targets);
    }

    @Override
    public void read(int index, Variation variation, FloatBuffer image, Map<String, ByteBuffer> targets) {
        whole.read(indices[index], variation, image, targets);
    }

    @Override
    public DataIdentity identity() {
        return DataIdentity.of(size(), List.of(whole.identity(), what));
    }

    @Override
    public Optional<String> statistics() {
        return whole.statistics();
    }

    @Override
    public String origin() {
        return whole.origin();
    }

    @Override
    public String name(int index) {
        return whole.name(indices[index]);
    }

    @Override
    public List<Path> files(int index) {
        return whole.files(indices[index]);
    }
}
