package io.gimbal.data;

import io.gimbal.config.Counts;
import io.gimbal.config.Faults;
import io.gimbal.config.FileFailures;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.picture.HeapShare;
import io.gimbal.picture.NameList;
import io.gimbal.picture.PictureFile;
import io.gimbal.picture.PictureFolder;
import io.gimbal.picture.Resize;
import io.gimbal.picture.SampleType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * NYU Depth v2 (Silberman, Hoiem, Kohli, Fergus, ECCV 2012) from a folder:
 *
 * <pre>
 *     train.txt, test.txt         a name a line, each once; in subfolders as kitchen/0001
 *     SPLIT/rgb/NAME.jpg          colours; .jpeg and .png, too
 *     SPLIT/depth_u8/NAME.png     8 bits: metres = (v + 0.5) / 25.5115, steps of 3.9 cm; 0 is no depth
 *     SPLIT/depth/NAME.png        or 16 bits: millimetres; 0 is no depth
 *     SPLIT/label13/NAME.png      8 bits: 0 is no label, 1 to 13 the classes
 *     SPLIT/label40/NAME.png      or 1 to 40
 * </pre>
 *
 * <p>Suffixes may be in small or capital letters. Fields whose folder is not there are not known.
 *
 * <p>The pictures of a sample have one size; it may differ from sample to sample. Colours are resized by an
 * antialiased bilinear filter, labels and depth by the nearest pixel. Fields:
 * <ul>
 *   <li>"segmentation": {@link #CLASS_NAMES} by number 0 to 12, or {@link #CLASS_NAMES_40} 0 to 39; 255 where
 *       unlabelled</li>
 *   <li>"depth": metres along the optical axis; 0 where unknown</li>
 *   <li>"normals": unit vectors in the camera's axes (x right, y down, z forward), facing the camera, all 0 where
 *       unknown. They are <em>derived</em>: planes are fitted to the points of the full-size depth picture (the camera
 *       at 640 x 480 has focal lengths 518.86 and 519.47 and its axis at 325.58, 253.74), in the largest window around
 *       a pixel in which the points still lie on one plane; where there is none (jumps of depth, small things, curved
 *       surfaces) the pixel is unlabelled, as are planes seen at more than 84 degrees</li>
 * </ul>
 *
 * <p>Which files there are is checked when the set is opened; their contents when they are read. Decoded and resized
 * samples are kept as {@link StoredSet} says, normals in bytes ({@link Plane.Directions}).
 */
public final class NyuDepth extends StoredSet {
    /** NYUv2's 13 classes (Couprie et al., ICLR 2013), by number. */
    public static final List<String> CLASS_NAMES = List.of("bed", "books", "ceiling", "chair", "floor", "furniture",
            "objects", "picture", "sofa", "table", "tv", "wall", "window");

    /** NYUv2's 40 classes (Gupta, Arbelaez, Malik, CVPR 2013), by number. */
    public static final List<String> CLASS_NAMES_40 = List.of(
            "wall", "floor", "cabinet", "bed", "chair", "sofa", "table", "door", "window", "bookshelf", "picture",
            "counter", "blinds", "desk", "shelves", "curtain", "dresser", "pillow", "mirror", "floor mat",
            "clothes", "ceiling", "books", "refrigerator", "television", "paper", "towel", "shower curtain", "box",
            "whiteboard", "person", "night stand", "toilet", "sink", "lamp", "bathtub", "bag", "otherstructure",
            "otherfurniture", "otherprop");

    static final int WIDTH = 640;
    static final int HEIGHT = 480;
    static final double FOCAL_X = 518.8579;
    static final double FOCAL_Y = 519.46961;
    static final double AXIS_X = 325.58245;
    static final double AXIS_Y = 253.73617;
    static final double STEPS_PER_METRE = 25.5115;

    private static final String DEPTH_PICTURE = "Depth is a greyscale PNG of 8 bits: v = round(metres * "
            + STEPS_PER_METRE + " - 0.5), and 0 where there is none.";
    private static final String MILLIMETRE_PICTURE = "Depth in the folder depth is a greyscale PNG of 16 bits: "
            + "millimetres, and 0 where there is none.";
    private static final String LABEL_PICTURE = "Labels are a greyscale or palette PNG of at most 8 bits, whose "
            + "numbers are the classes.";
    /** Most of it are the sums from which normals come ({@link DepthNormals}). */
    private static final long BYTES_A_PIXEL = 200;
    private static final long BYTES_A_COLUMN = 1000;
    private static final long BYTES_KEPT = 24;
    private static final long MOST_NARROWED = 1L << 27;

    static final int UNLABELLED = 255;
    static final Field SEGMENTATION = Field.ofClasses("segmentation", CLASS_NAMES.size(), UNLABELLED)
            .named(CLASS_NAMES);
    static final Field DEPTH = Field.ofDepth("depth", 0);
    static final Field NORMALS = Field.ofVectors("normals", 0);

    private final Path list;
    private final NyuForm form;
    private final Field segmentation;
    private final Meaning metres;
    private final List<Pictures> samples;

    /**
     * Opens a split.
     *
     * @param folder the data folder
     * @param split  "train" or "test"
     * @param height rows to resize to
     * @param width  columns to resize to
     * @param limit  takes only so many samples, spread evenly over the split; 0 takes all
     * @throws UserException if the folder, a list or a file is missing, a name fits two files, or the list is empty or
     *                       no list
     */
    public NyuDepth(Path folder, String split, int height, int width, int limit) {
        this(folder, split, Intake.ofColours(height, width), limit);
    }

    /**
     * The same, taken in another form, with 13 classes and what depth is there.
     *
     * @param folder as the class tells
     * @param split  "train" or "test"
     * @param intake in which form samples are taken
     * @param limit  takes only so many samples, spread evenly over the split; 0 takes all
     */
    public NyuDepth(Path folder, String split, Intake intake, int limit) {
        this(folder, split, CLASS_NAMES.size(), DepthFiles.ANY, intake, limit);
    }

    /**
     * The same.
     *
     * @param folder  as the class tells
     * @param split   "train" or "test"
     * @param classes 13 or 40
     * @param depth   which depth is read
     * @param intake  in which form samples are taken
     * @param limit   takes only so many samples, spread evenly over the split; 0 takes all
     */
    public NyuDepth(Path folder, String split, int classes, DepthFiles depth, Intake intake, int limit) {
        this(folder, split, classes, depth, intake, limit, Faults.thrown());
    }

    /**
     * The same.
     *
     * @param folder  as the class tells
     * @param split   "train" or "test"
     * @param classes 13 or 40
     * @param depth   which depth is read
     * @param intake  in which form samples are taken
     * @param limit   takes only so many samples, spread evenly over the split; 0 takes all
     * @param faults  takes each file that is missing; where these are kept, its sample is left out
     */
    public NyuDepth(Path folder, String split, int classes, DepthFiles depth, Intake intake, int limit,
            Faults faults) {
        this(list(folder, split), NyuForm.of(folder.resolve(split), classes, depth), folder.resolve(split), intake,
                limit, faults);
    }

    private NyuDepth(Path list, NyuForm form, Path pictures, Intake intake, int limit, Faults faults) {
        this(list, form, samples(list, pictures, form, limit, faults), intake);
    }

    private NyuDepth(Path list, NyuForm form, List<Pictures> samples, Intake intake) {
        super(intake.requireColours(), samples.size(), form.layers());
        this.list = list;
        this.form = form;
        this.segmentation = form.segmentation();
        this.metres = form.metres();
        this.samples = samples;
    }

    /** Which files of depth are read. */
    public enum DepthFiles {
        /** Of 8 bits, in depth_u8. */
        U8("depth_u8"),
        /** Of 16 bits, in depth: millimetres. */
        U16("depth"),
        /** Those of the two that are there. */
        ANY("");

        private final String folder;

        DepthFiles(String folder) {
            this.folder = folder;
        }

        String folder() {
            return folder;
        }
    }

    /**
     * The files of a sample.
     *
     * @param depth  null where there is none
     * @param labels null where there are none
     */
    private record Pictures(String name, Path photo, Path depth, Path labels) {
        /** Those that there are. */
        List<Path> files() {
            return Stream.of(photo, depth, labels).filter(Objects::nonNull).toList();
        }
    }

    /** From the names in their order, and the sizes of their files; the folder may be another. */
    @Override
    public DataIdentity identity() {
        List<String> parts = new ArrayList<>();
        if (form.classes() != CLASS_NAMES.size() || form.depth() == DepthFiles.U16 || samples.getFirst().files().size()
                < 3) {
            parts.add(form.toString());
        }
        for (Pictures sample : samples) {
            parts.add(sample.name());
            for (Path file : sample.files()) {
                parts.add(Long.toString(bytes(file)));
            }
        }
        return DataIdentity.of(size(), parts);
    }

    static long bytes(Path file) {
        try {
            return Files.size(file);
        } catch (IOException exception) {
            throw FileFailures.of(file, "cannot be read", exception);
        }
    }

    @Override
    public String origin() {
        return list.toString();
    }

    /** As the list has it. */
    @Override
    public String name(int index) {
        return samples.get(index).name();
    }

    @Override
    protected Optional<List<?>> dependencies(int index) {
        List<Object> parts = new ArrayList<>(List.of("nyuv2", form));
        samples.get(index).files().forEach(file -> parts.add(stamp(file)));
        return Optional.of(parts);
    }

    @Override
    public List<Path> files(int index) {
        return samples.get(index).files();
    }

    @Override
    protected Sample decode(Intake intake, int index, Set<String> fields) {
        Pictures sample = samples.get(index);
        boolean ranged = fields.contains(DEPTH.name()) || fields.contains(NORMALS.name());
        PictureFile photo = PictureFile.open(sample.photo());
        PictureFile depth = ranged ? PictureFile.open(sample.depth()) : null;
        PictureFile labels = fields.contains(SEGMENTATION.name()) ? PictureFile.open(sample.labels()) : null;
        requireSameSize(depth, photo);
        requireSameSize(labels, photo);
        Intake.Kept kept = intake.kept(photo.height(), photo.width());
        return HeapShare.lend(bytes(photo, kept), () -> {
            Map<String, Plane> planes = new HashMap<>();
            if (labels != null) {
                planes.put(segmentation.name(), new Plane.Bytes(nearest(checked(labels), photo, kept), 1));
            }
            if (ranged) {
                Plane steps = steps(depth);
                planes.put(DEPTH.name(), Stages.in(Stages.Stage.FIT, () -> steps.nearest(photo.height(),
                        photo.width(), kept.height(), kept.width())));
                if (fields.contains(NORMALS.name())) {
                    planes.put(NORMALS.name(), Stages.in(Stages.Stage.DERIVE, () -> normals(steps, photo, kept)));
                }
            }
            byte[] unpacked = photo.colours();
            byte[] colours = Stages.in(Stages.Stage.FIT, () -> Resize.smooth(unpacked, photo.height(), photo.width(),
                    kept.height(), kept.width()));
            return new Sample(kept, new Plane.Bytes(colours, 3), planes, fields);
        });
    }

    /** What reading a sample holds at most. */
    private static long bytes(PictureFile photo, Intake.Kept kept) {
        long pixels = (long) photo.height() * photo.width();
        long narrow = (long) photo.height() * kept.width();
        if (narrow > MOST_NARROWED) {
            throw new UserException(photo.path() + ": " + photo.height() + " rows are too many to be brought to "
                    + kept.width() + " columns.");
        }
        long bytes = BYTES_A_PIXEL * pixels + BYTES_A_COLUMN * photo.width() + 3 * Float.BYTES * narrow
                + BYTES_KEPT * kept.height() * kept.width();
        if (bytes > HeapShare.LARGEST) {
            throw new UserException(photo.path() + ": " + photo.width() + " x " + photo.height() + " pixels; to read "
                    + "such a sample takes " + (bytes >> 20) + " MiB, and half of Java's heap has "
                    + (HeapShare.LARGEST >> 20) + ". Make the sample's three pictures smaller, or the heap larger (by "
                    + "-Xmx; for the launcher in GIMBAL_JAVA_OPTIONS).");
        }
        return bytes;
    }

    private static byte[] nearest(byte[] values, PictureFile photo, Intake.Kept kept) {
        return Stages.in(Stages.Stage.FIT, () -> Resize.nearest(values, photo.height(), photo.width(), kept.height(),
                kept.width()));
    }

    /** Depth as it is stored. */
    private Plane steps(PictureFile depth) {
        if (form.depth() == DepthFiles.U8) {
            return new Plane.Bytes(depth.greyLevels(DEPTH_PICTURE), 1);
        }
        if (depth.channels() != 1 || depth.type() != SampleType.UNSIGNED_16) {
            throw new UserException(depth.path() + ": a picture of " + depth.channels() + " channels of type "
                    + depth.type() + ". " + MILLIMETRE_PICTURE);
        }
        return new Plane.Shorts(depth.shorts(MILLIMETRE_PICTURE), 1);
    }

    private Plane normals(Plane steps, PictureFile photo, Intake.Kept kept) {
        float[] ranges = new float[steps.places()];
        steps.read(metres, 0, ranges.length, ranges);
        return normals(ranges, photo.height(), photo.width(), kept);
    }

    /** Those of a whole view's depth, in metres. */
    static Plane normals(float[] ranges, int height, int width, Intake.Kept kept) {
        int length = 3 * kept.width();
        byte[] normals = new byte[kept.height() * length];
        DepthNormals.fit(ranges, height, width, rays(width, WIDTH, AXIS_X, FOCAL_X),
                rays(height, HEIGHT, AXIS_Y, FOCAL_Y), kept.height(), kept.width(), (from, to, row) -> {
                    Plane.Directions.store(row, normals, from * length);
                    for (int y = from + 1; y < to; y++) {
                        System.arraycopy(normals, from * length, normals, y * length, length);
                    }
                });
        return new Plane.Directions(normals);
    }

    /**
     * The ray through the middle of each column (or row), as x / z, for a picture of that many columns of the whole
     * view.
     */
    static double[] rays(int count, int whole, double axis, double focal) {
        double[] rays = new double[count];
        for (int i = 0; i < count; i++) {
            rays[i] = ((i + 0.5) * whole / count - 0.5 - axis) / focal;
        }
        return rays;
    }

    private byte[] checked(PictureFile labels) {
        if (labels.type() == SampleType.UNSIGNED_8) {
            return checked(labels, labels.classBytes(LABEL_PICTURE));
        }
        int[] numbers = labels.classNumbers(LABEL_PICTURE);
        byte[] values = new byte[numbers.length];
        for (int i = 0; i < values.length; i++) {
            if (numbers[i] < 0 || numbers[i] > segmentation.classes()) {
                throw outside(labels, numbers[i], i);
            }
            values[i] = (byte) numbers[i];
        }
        return values;
    }

    private byte[] checked(PictureFile labels, byte[] values) {
        int classes = segmentation.classes();
        for (int i = 0; i < values.length; i++) {
            if ((values[i] & 255) > classes) {
                throw outside(labels, values[i] & 255, i);
            }
        }
        return values;
    }

    private UserException outside(PictureFile labels, int number, int place) {
        return new UserException(labels.path() + ": class number " + number + " at row "
                + place / labels.width() + ", column " + place % labels.width() + "; 0 (no label) to "
                + segmentation.classes() + " may stand there." + (segmentation.classes() == CLASS_NAMES.size()
                        ? " Is it a picture of the 40-class labels?" : ""));
    }

    private static void requireSameSize(PictureFile picture, PictureFile photo) {
        if (picture == null) {
            return;
        }
        if (picture.height() != photo.height() || picture.width() != photo.width()) {
            throw new UserException(picture.path() + ": " + picture.width() + " x " + picture.height()
                    + " pixels, but " + photo.path() + " has " + photo.width() + " x " + photo.height()
                    + ". A sample's pictures must show the same pixels: resize one of them.");
        }
    }

    private static List<Pictures> samples(Path list, Path pictures, NyuForm form, int limit, Faults faults) {
        List<NameList.Entry> entries = NameList.read(list);
        Set<String> listed = entries.stream().map(NameList.Entry::name).collect(Collectors.toSet());
        PictureFolder photos = new PictureFolder(pictures.resolve("rgb"), List.of(".jpg", ".jpeg", ".png"));
        PictureFolder depths = new PictureFolder(pictures.resolve(form.depth().folder()), List.of(".png"));
        PictureFolder labels = new PictureFolder(pictures.resolve(form.labels()), List.of(".png"));
        List<Pictures> samples = new ArrayList<>();
        for (NameList.Entry entry : spread(entries, limit)) {
            String name = entry.name();
            String place = list + ", line " + entry.line();
            Optional<Path> photo = faults.attempt(() -> photos.find(name, listed, place));
            Path depth = form.ranged() ? faults.attempt(() -> depths.find(name, listed, place)).orElse(null) : null;
            Path label = form.labelled() ? faults.attempt(() -> labels.find(name, listed, place)).orElse(null) : null;
            if (photo.isPresent() && form.ranged() == (depth != null) && form.labelled() == (label != null)) {
                samples.add(new Pictures(name, photo.get(), depth, label));
            }
        }
        if (samples.isEmpty()) {
            throw new UserException(list + ": none of the samples that it names has all of its files.");
        }
        return List.copyOf(samples);
    }

    private static Path list(Path folder, String split) {
        requireSplit(split);
        if (!Files.isDirectory(folder)) {
            throw new UserException(folder + ": there is no such folder. Set data.path to the folder of NYUv2. "
                    + NyuForm.LAYOUT);
        }
        Path list = folder.resolve(split + ".txt");
        if (!Files.isRegularFile(list)) {
            throw new UserException(list + ": this list is missing" + (isEmpty(folder) ? "; the data folder is empty. "
                    : ". ") + NyuForm.LAYOUT);
        }
        return list;
    }

    static void requireSplit(String split) {
        if (!split.equals("train") && !split.equals("test")) {
            throw new UserException("NYUv2 has no split " + Names.quote(split) + "; it has 'train' and 'test'.");
        }
    }

    private static boolean isEmpty(Path folder) {
        try (var entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        } catch (IOException exception) {
            return false;
        }
    }

    /** So many of them, spread evenly; all where the limit is 0. */
    static <T> List<T> spread(List<T> all, int limit) {
        Counts.atLeast("limit", limit, 0);
        if (limit == 0 || limit >= all.size()) {
            return all;
        }
        List<T> taken = new ArrayList<>();
        for (int i = 0; i < limit; i++) {
            taken.add(all.get(Resize.nearest(i, all.size(), limit)));
        }
        return taken;
    }
}
