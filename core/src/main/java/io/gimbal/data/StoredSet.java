package io.gimbal.data;

import io.gimbal.config.Names;
import io.gimbal.config.Release;
import io.gimbal.picture.PictureFile;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

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
    private final Optional<DiskCache> disk;

    /**
     * Keeps samples as {@link Intake} says, in memory and on a disk.
     *
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
        this.disk = intake.cache().disk().map(DiskCache::of);
    }

    /**
     * Decodes a sample at the size that {@link Intake#kept} names for it.
     *
     * @param intake in which form it is wanted: the set's own, or the files' size
     * @param index  from 0 to {@link #size} - 1
     * @param fields the names of the fields that are wanted; others may be left out
     * @return the sample, as it is kept
     * @throws io.gimbal.config.UserException if its files are missing, damaged or not what this set holds
     */
    protected abstract Sample decode(Intake intake, int index, Set<String> fields);

    /**
     * All that a sample depends on besides the intake, so that it can be kept on a disk: what is written the same is
     * the same sample. By default nothing is said, and samples are not kept there.
     *
     * @param index from 0 to {@link #size} - 1
     * @return parts that are written by their {@code toString}
     * @throws io.gimbal.config.UserException if one of its files cannot be looked at
     */
    protected Optional<List<?>> dependencies(int index) {
        return Optional.empty();
    }

    /**
     * What tells a file that a sample is read from from others, and from itself after a change.
     *
     * @param file which must be there
     * @return its path, size and time of change
     */
    protected static String stamp(Path file) {
        return DiskCache.stamp(file);
    }

    /** {@return in which form samples are taken} */
    public final Intake intake() {
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
        requireKnown(targets.keySet());
        writer.write(sample(index, targets.keySet()), variation, image, targets);
    }

    private void requireKnown(Set<String> names) {
        for (String name : names) {
            if (!layers.containsKey(name)) {
                throw new IllegalArgumentException("no field " + Names.quote(name) + " in this data set; it has "
                        + layers.keySet());
            }
        }
    }

    /**
     * A sample's labels in its image's own pixels, whatever size the network takes. Nothing is kept of them.
     *
     * @param index  from 0 to {@link #size} - 1
     * @param fields the names of fields of each pixel
     * @return the labels
     * @throws io.gimbal.config.UserException as {@link #decode} throws it
     */
    public final NativeLabels nativeLabels(int index, Set<String> fields) {
        Objects.checkIndex(index, size);
        requireKnown(fields);
        return new NativeLabels(decode(intake.natively(), index, fields), layers);
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
        Sample sample = Stages.in(Stages.Stage.DECODE, () -> disk.isPresent() ? stored(disk.get(), index, due)
                : decode(intake, index, due));
        cache.offer(index, known, sample);
        return sample;
    }

    /** From the disk, where it is there; else it is made, and kept there. */
    private Sample stored(DiskCache files, int index, Set<String> due) {
        Optional<String> key = dependencies(index).map(this::key);
        Optional<Sample> found = key.flatMap(files::find).filter(this::fits);
        if (found.isPresent() && found.get().known().containsAll(due)) {
            return found.get();
        }
        found.ifPresent(sample -> due.addAll(sample.known()));
        Sample sample = decode(intake, index, due);
        key.ifPresent(name -> files.offer(name, sample));
        return sample;
    }

    private String key(List<?> dependencies) {
        List<Object> parts = new ArrayList<>(List.of(Release.text(), PictureFile.jpegDecoder(), height(), width(),
                channels(), intake.fit(), intake.augmentation()));
        layers.values().forEach(layer -> parts.add(layer.field()));
        parts.addAll(dependencies);
        return DataIdentity.of(0, parts).digest();
    }

    /** Whether its parts have the sizes that writing it relies on: a file may hold anything. */
    private boolean fits(Sample sample) {
        Intake.Kept kept = sample.kept();
        long pixels = (long) kept.height() * kept.width();
        return kept.height() > 0 && kept.width() > 0 && kept.fitHeight() > 0 && kept.fitWidth() > 0
                && sample.image().places() == pixels && sample.image().channels() == channels()
                && sample.fields().entrySet().stream().allMatch(entry -> layers.containsKey(entry.getKey())
                        && fits(layers.get(entry.getKey()).field(), entry.getValue(), pixels));
    }

    /** Whether all of a plane's points are points of the field, by their numbers. */
    private static boolean areOf(Field field, Plane points) {
        float[] values = new float[3 * points.places()];
        points.read(Meaning.STORED, 0, points.places(), values);
        return IntStream.range(0, points.places()).mapToDouble(i -> values[3 * i + 2]).allMatch(number -> number >= 0
                && number < field.parts());
    }

    private static boolean fits(Field field, Plane plane, long pixels) {
        if (field.kind() == Field.Kind.POINTS || field.kind() == Field.Kind.COORDINATES) {
            return plane.channels() == 3 && areOf(field, plane);
        }
        return plane.channels() == field.channels() && plane.places() == (field.wholeImage() ? 1 : pixels);
    }
}
