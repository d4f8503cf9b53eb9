package io.gimbal.data;

import io.gimbal.config.UserException;
import io.gimbal.picture.HeapShare;
import io.gimbal.picture.Resize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * NYU Depth v2 from the one file in which it is handed out, {@code nyu_depth_v2_labeled.mat}: the fields of {@link
 * NyuDepth}, depth as the file has it, filled in and in metres. Which samples are to learn from and to test on, and
 * which of 40 classes each of its 894 is, other files say. Of a sample its own part is read, never the whole file.
 *
 * <p>The library {@code io.jhdf:jhdf} reads the file; who embeds Gimbal adds it to the class path.
 */
public final class NyuLabeled extends StoredSet {
    private static final String LIBRARY = "io.jhdf.HdfFile";
    private static final int COLOURS = 3;
    /** Beside what the arrays take: most of it are the sums from which normals come ({@link DepthNormals}). */
    private static final long BYTES_A_PIXEL = 220;

    private final Path file;
    private final Path splits;
    private final NyuArrays arrays;
    private final List<Integer> numbers;
    /** By label; empty where there are none. */
    private final int[] classes;
    private final int count;

    /**
     * Opens a split.
     *
     * @param file    nyu_depth_v2_labeled.mat
     * @param splits  splits.mat: the numbers of samples, from 1, in "trainNdxs" and "testNdxs"
     * @param split   "train" or "test"
     * @param map     classMapping40.mat: in "mapClass" one of 40 classes for each label; without it there is no field
     *                "segmentation"
     * @param classes 13 or 40
     * @param intake  in which form samples are taken
     * @param limit   takes only so many samples, spread evenly over the split; 0 takes all
     * @throws UserException if the library is not on the class path, or a file is missing, damaged or another
     */
    public NyuLabeled(Path file, Path splits, String split, Optional<Path> map, int classes, Intake intake,
            int limit) {
        this(file, splits, split, arrays(file), map, classes, intake, limit);
    }

    private static NyuArrays arrays(Path file) {
        try {
            Class.forName(LIBRARY, false, NyuLabeled.class.getClassLoader());
        } catch (ClassNotFoundException missing) {
            throw new UserException(file + ": an HDF5 file, which the library io.jhdf:jhdf reads (0.13.0), and that is "
                    + "not on the class path. Add it there (Gimbal's own command has it), or unpack the file into a "
                    + "folder of pictures. " + NyuForm.LAYOUT, missing);
        }
        return new NyuArrays(file);
    }

    private NyuLabeled(Path file, Path splits, String split, NyuArrays arrays, Optional<Path> map, int classes,
            Intake intake, int limit) {
        this(file, splits, arrays, NyuDepth.spread(NyuNumbers.split(splits, split, arrays.samples()), limit),
                map.map(found -> NyuNumbers.classes(found, classes)).orElse(new int[0]), classes, intake);
    }

    private NyuLabeled(Path file, Path splits, NyuArrays arrays, List<Integer> numbers, int[] classes, int count,
            Intake intake) {
        super(intake.requireColours(), numbers.size(), layers(classes.length > 0, count));
        this.file = file;
        this.splits = splits;
        this.arrays = arrays;
        this.numbers = numbers;
        this.classes = classes;
        this.count = count;
    }

    private static List<Layer> layers(boolean labelled, int count) {
        List<Layer> layers = new ArrayList<>(new NyuForm(count, labelled, NyuDepth.DepthFiles.ANY).layers());
        layers.add(new Layer(NyuDepth.DEPTH, Meaning.STORED));
        layers.add(new Layer(NyuDepth.NORMALS, Meaning.STORED));
        return layers;
    }

    @Override
    public DataIdentity identity() {
        return DataIdentity.of(size(), List.of("nyu_depth_v2_labeled", arrays.samples(), arrays.width(),
                arrays.height(), NyuDepth.bytes(file), count, Arrays.toString(classes), numbers));
    }

    @Override
    public String origin() {
        return splits.toString();
    }

    /** Its number in the file, from 1. */
    @Override
    public String name(int index) {
        return "number " + numbers.get(index);
    }

    @Override
    protected Optional<List<?>> dependencies(int index) {
        return Optional.of(List.of("nyu_depth_v2_labeled", stamp(file), numbers.get(index), count,
                Arrays.toString(classes)));
    }

    @Override
    protected Sample decode(Intake intake, int index, Set<String> fields) {
        int height = arrays.height();
        int width = arrays.width();
        Intake.Kept kept = intake.kept(height, width);
        long bytes = arrays.bytes() + BYTES_A_PIXEL * height * width + 3L * Float.BYTES * height * kept.width();
        return HeapShare.lend(bytes, () -> {
            byte[] colours = arrays.colours(numbers.get(index) - 1);
            byte[] fitted = Stages.in(Stages.Stage.FIT, () -> Resize.smooth(colours, height, width, kept.height(),
                    kept.width()));
            return new Sample(kept, new Plane.Bytes(fitted, COLOURS), planes(index, kept, fields), fields);
        });
    }

    private Map<String, Plane> planes(int index, Intake.Kept kept, Set<String> fields) {
        Map<String, Plane> planes = new HashMap<>();
        if (fields.contains(NyuDepth.SEGMENTATION.name())) {
            planes.put(NyuDepth.SEGMENTATION.name(), fitted(new Plane.Bytes(classes(index), 1), kept));
        }
        if (fields.contains(NyuDepth.DEPTH.name()) || fields.contains(NyuDepth.NORMALS.name())) {
            float[] depths = depths(index);
            planes.put(NyuDepth.DEPTH.name(), fitted(new Plane.Floats(depths, 1), kept));
            if (fields.contains(NyuDepth.NORMALS.name())) {
                planes.put(NyuDepth.NORMALS.name(), Stages.in(Stages.Stage.DERIVE, () -> NyuDepth.normals(depths,
                        arrays.height(), arrays.width(), kept)));
            }
        }
        return planes;
    }

    private Plane fitted(Plane whole, Intake.Kept kept) {
        return Stages.in(Stages.Stage.FIT, () -> whole.nearest(arrays.height(), arrays.width(), kept.height(),
                kept.width()));
    }

    /** From 1; 0 is no label. */
    private byte[] classes(int index) {
        int[] labels = arrays.labels(numbers.get(index) - 1);
        byte[] found = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] >= classes.length) {
                throw bad(index, i, "labels", Integer.toString(labels[i]), "the classes of labels up to "
                        + (classes.length - 1) + " are known");
            }
            found[i] = (byte) classes[labels[i]];
        }
        return found;
    }

    /** Metres; 0 where there is none. */
    private float[] depths(int index) {
        float[] depths = arrays.depths(numbers.get(index) - 1);
        for (int i = 0; i < depths.length; i++) {
            if (!(depths[i] >= 0 && depths[i] < Float.POSITIVE_INFINITY)) {
                throw bad(index, i, "depths", Float.toString(depths[i]), "metres stand there, and 0 where there is no "
                        + "depth");
            }
        }
        return depths;
    }

    private UserException bad(int index, int place, String array, String holds, String due) {
        return new UserException(file + ": " + array + " of sample " + numbers.get(index) + " hold " + holds
                + " at row " + place / arrays.width() + ", column " + place % arrays.width() + ", but " + due + ".");
    }
}
