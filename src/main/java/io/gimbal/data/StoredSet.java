package io.gimbal.data;

import io.gimbal.config.Names;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A data set that only decodes: what is decoded is kept here, varied and written into batches. Only fields that are
 * asked for are made. Safe for use by several threads.
 */
public abstract class StoredSet implements DataSet {
    private final Intake intake;
    private final int size;
    private final Map<String, Layer> layers = new LinkedHashMap<>();
    private final SampleWriter writer;
    private final SampleCache cache;

    /**
     * @param intake in which form samples are taken
     * @param size   how many there are, at least 1
     * @param layers what is known of them, in the set's order
     */
    protected StoredSet(Intake intake, int size, List<Layer> layers) {
        this.intake = intake;
        this.size = size;
        layers.forEach(layer -> this.layers.put(layer.field().name(), layer));
        this.writer = new SampleWriter(intake, layers);
        this.cache = new SampleCache(size, intake.cache());
    }

    /**
     * Decodes a sample at the size that {@link Intake#kept} names for it.
     *
     * @param fields the names of the fields that are wanted; others may be left out
     * @throws io.gimbal.config.UserException if its files are missing, damaged or not what this set holds
     */
    protected abstract Sample decode(int index, Set<String> fields);

    /** In which form samples are taken. */
    protected final Intake intake() {
        return intake;
    }

    @Override
    public final int size() {
        return size;
    }

    @Override
    public final int height() {
        return intake.height();
    }

    @Override
    public final int width() {
        return intake.width();
    }

    @Override
    public final int channels() {
        return intake.channels();
    }

    @Override
    public final Normalisation normalisation() {
        return intake.normalisation();
    }

    @Override
    public final Fit fit() {
        return intake.fit();
    }

    @Override
    public final List<Field> fields() {
        return layers.values().stream().map(Layer::field).toList();
    }

    @Override
    public final void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
        read(index, flip ? Variation.MIRRORED : Variation.NONE, image, targets);
    }

    @Override
    public final void read(int index, Variation variation, FloatBuffer image, Map<String, ByteBuffer> targets) {
        Objects.checkIndex(index, size);
        for (String name : targets.keySet()) {
            if (!layers.containsKey(name)) {
                throw new IllegalArgumentException("no field " + Names.quote(name) + " in this data set; it has "
                        + layers.keySet());
            }
        }
        writer.write(sample(index, targets.keySet()), variation, image, targets);
    }

    private Sample sample(int index, Set<String> wanted) {
        Sample known = cache.find(index);
        if (known != null && known.known().containsAll(wanted)) {
            return known;
        }
        Set<String> due = new HashSet<>(wanted);
        if (known != null) {
            due.addAll(known.known());
        }
        Sample sample = Stages.in(Stages.Stage.DECODE, () -> decode(index, due));
        cache.offer(index, known, sample);
        return sample;
    }
}
