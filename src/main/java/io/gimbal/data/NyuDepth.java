package io.gimbal.data;

import io.gimbal.config.FileFailures;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.picture.HeapShare;
import io.gimbal.picture.PictureFile;
import io.gimbal.picture.Resize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * NYU Depth v2 (Silberman, Hoiem, Kohli, Fergus, ECCV 2012) from a folder:
 *
 * <pre>
 *     train.txt, test.txt         a name a line, each once; in subfolders as kitchen/0001
 *     SPLIT/rgb/NAME.jpg          colours; .jpeg and .png, too
 *     SPLIT/depth_u8/NAME.png     8 bits: metres = (v + 0.5) / 25.5115, steps of 3.9 cm; 0 is no depth
 *     SPLIT/label13/NAME.png      8 bits: 0 is no label, 1 to 13 the classes
 * </pre>
 *
 * <p>Suffixes may be in small or capital letters.
 *
 * <p>The three pictures of a sample have one size; it may differ from sample to sample. Colours are resized by an
 * antialiased bilinear filter, labels and depth by the nearest pixel. Fields:
 * <ul>
 *   <li>"segmentation": {@link #CLASS_NAMES} by number 0 to 12; 255 where unlabelled</li>
 *   <li>"depth": metres along the optical axis; 0 where unknown</li>
 *   <li>"normals": unit vectors in the camera's axes (x right, y down, z forward), facing the camera, all 0 where
 *       unknown. They are <em>derived</em>: planes are fitted to the points of the full-size depth picture (the camera
 *       at 640 x 480 has focal lengths 518.86 and 519.47 and its axis at 325.58, 253.74), in the largest window around
 *       a pixel in which the points still lie on one plane; where there is none (jumps of depth, small things, curved
 *       surfaces) the pixel is unlabelled, as are planes seen at more than 84 degrees</li>
 * </ul>
 *
 * <p>Which files there are is checked when the set is opened; their contents when they are read. Decoded and resized
 * samples are kept while there is space: 512 MiB or an eighth of the heap, whichever is less.
 */
public final class NyuDepth implements DataSet {
    /** NYUv2's 13 classes (Couprie et al., ICLR 2013), by number. */
    public static final List<String> CLASS_NAMES = Pixels.CLASSES;

    static final int WIDTH = 640;
    static final int HEIGHT = 480;
    static final double FOCAL_X = 518.8579;
    static final double FOCAL_Y = 519.46961;
    static final double AXIS_X = 325.58245;
    static final double AXIS_Y = 253.73617;
    static final double STEPS_PER_METRE = 25.5115;

    private static final String DEPTH_PICTURE = "Depth is a greyscale PNG of 8 bits: v = round(metres * "
            + STEPS_PER_METRE + " - 0.5), and 0 where there is none.";
    private static final String LABEL_PICTURE = "Labels are a greyscale or palette PNG of at most 8 bits, whose "
            + "numbers are the classes.";
    /** Most of it are the sums from which normals come ({@link DepthNormals}). */
    private static final long BYTES_A_PIXEL = 100;
    private static final long MOST_NARROWED = 1L << 27;

    private final Path list;
    private final List<Sample> samples;
    private final int height;
    private final int width;
    private final PixelCache cache;

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
        if (!split.equals("train") && !split.equals("test")) {
            throw new UserException("NYUv2 has no split " + Names.quote(split) + "; it has 'train' and 'test'.");
        }
        if (height < 1 || width < 1 || limit < 0 || (long) height * width > 1 << 24) {
            throw new IllegalArgumentException("pictures of 1 to 2^24 pixels and a limit of at least 0 are needed, not "
                    + height + " x " + width + " and " + limit);
        }
        this.list = list(folder, split);
        this.samples = samples(list, folder.resolve(split), limit);
        this.height = height;
        this.width = width;
        this.cache = new PixelCache(samples.size(), height, width);
    }

    /** The files of a sample. */
    private record Sample(String name, Path photo, Path depth, Path labels) { }

    @Override
    public int size() {
        return samples.size();
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public List<Field> fields() {
        return Pixels.FIELDS;
    }

    /** From the names in their order, and the sizes of their files; the folder may be another. */
    @Override
    public DataIdentity identity() {
        List<String> parts = new ArrayList<>();
        for (Sample sample : samples) {
            parts.add(sample.name());
            for (Path file : List.of(sample.photo(), sample.depth(), sample.labels())) {
                parts.add(Long.toString(bytes(file)));
            }
        }
        return DataIdentity.of(size(), parts);
    }

    private static long bytes(Path file) {
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

    /** The name of a sample, as the list has it. */
    public String name(int index) {
        return samples.get(index).name();
    }

    @Override
    public void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
        Objects.checkIndex(index, samples.size());
        Pixels pixels = cache.find(index);
        if (pixels == null) {
            pixels = load(samples.get(index));
            cache.offer(index, pixels);
        }
        pixels.write(flip, image, targets);
    }

    private Pixels load(Sample sample) {
        PictureFile photo = PictureFile.open(sample.photo());
        PictureFile steps = PictureFile.open(sample.depth());
        PictureFile labels = PictureFile.open(sample.labels());
        requireSameSize(steps, photo);
        requireSameSize(labels, photo);
        long pixels = (long) photo.height() * photo.width();
        long narrow = (long) photo.height() * width;
        if (narrow > MOST_NARROWED) {
            throw new UserException(photo.path() + ": " + photo.height() + " rows are too many to be brought to "
                    + width + " columns.");
        }
        long bytes = BYTES_A_PIXEL * pixels + 3 * Float.BYTES * narrow + Pixels.bytes(height, width);
        if (bytes > HeapShare.LARGEST) {
            throw new UserException(photo.path() + ": " + photo.width() + " x " + photo.height() + " pixels; to read "
                    + "such a sample takes " + (bytes >> 20) + " MiB, and half of Java's heap has "
                    + (HeapShare.LARGEST >> 20) + ". Make the sample's three pictures smaller, or the heap larger (by "
                    + "-Xmx; for the launcher in GIMBAL_JAVA_OPTIONS).");
        }
        return HeapShare.lend(bytes, () -> load(photo, steps, labels));
    }

    private Pixels load(PictureFile photo, PictureFile steps, PictureFile labels) {
        int fromHeight = photo.height();
        int fromWidth = photo.width();
        byte[] colours = Resize.smooth(photo.colours(), fromHeight, fromWidth, height, width);
        byte[] classes = classes(labels);
        float[] metres = metres(steps.greyLevels(DEPTH_PICTURE));
        DepthNormals planes = new DepthNormals(metres, fromHeight, fromWidth, rays(fromWidth, WIDTH, AXIS_X, FOCAL_X),
                rays(fromHeight, HEIGHT, AXIS_Y, FOCAL_Y));
        float[] depth = new float[height * width];
        float[] normals = new float[height * width * 3];
        for (int y = 0; y < height; y++) {
            int row = Resize.nearest(y, fromHeight, height);
            for (int x = 0; x < width; x++) {
                int column = Resize.nearest(x, fromWidth, width);
                depth[y * width + x] = metres[row * fromWidth + column];
                planes.at(row, column, normals, 3 * (y * width + x));
            }
        }
        return new Pixels(height, width, colours, classes, depth, normals);
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

    private static float[] metres(byte[] steps) {
        float[] metres = new float[steps.length];
        for (int i = 0; i < steps.length; i++) {
            int value = steps[i] & 255;
            metres[i] = value == 0 ? 0 : (float) ((value + 0.5) / STEPS_PER_METRE);
        }
        return metres;
    }

    /** Resized, and with 0 (no label) as 255 and class k as k - 1. */
    private byte[] classes(PictureFile labels) {
        byte[] values = labels.classNumbers(LABEL_PICTURE);
        for (int i = 0; i < values.length; i++) {
            int value = values[i] & 255;
            if (value > CLASS_NAMES.size()) {
                throw new UserException(labels.path() + ": class number " + value + " at row " + i / labels.width()
                        + ", column " + i % labels.width() + "; 0 (no label) to " + CLASS_NAMES.size()
                        + " may stand there. Is it a picture of the 40-class labels?");
            }
            values[i] = (byte) (value - 1);
        }
        return Resize.nearest(values, labels.height(), labels.width(), height, width);
    }

    private static void requireSameSize(PictureFile picture, PictureFile photo) {
        if (picture.height() != photo.height() || picture.width() != photo.width()) {
            throw new UserException(picture.path() + ": " + picture.width() + " x " + picture.height()
                    + " pixels, but " + photo.path() + " has " + photo.width() + " x " + photo.height()
                    + ". A sample's pictures must show the same pixels: resize one of them.");
        }
    }

    private static List<Sample> samples(Path list, Path pictures, int limit) {
        List<NameList.Entry> entries = NameList.read(list);
        Set<String> listed = entries.stream().map(NameList.Entry::name).collect(Collectors.toSet());
        PictureFolder photos = new PictureFolder(pictures.resolve("rgb"), List.of(".jpg", ".jpeg", ".png"));
        PictureFolder depths = new PictureFolder(pictures.resolve("depth_u8"), List.of(".png"));
        PictureFolder labels = new PictureFolder(pictures.resolve("label13"), List.of(".png"));
        List<Sample> samples = new ArrayList<>();
        for (NameList.Entry entry : spread(entries, limit)) {
            String name = entry.name();
            String place = list + ", line " + entry.line();
            samples.add(new Sample(name, photos.find(name, listed, place), depths.find(name, listed, place),
                    labels.find(name, listed, place)));
        }
        return List.copyOf(samples);
    }

    private static Path list(Path folder, String split) {
        String layout = "A folder of NYUv2 holds train.txt and test.txt, and under train/ and test/ the folders "
                + "rgb, depth_u8 and label13.";
        if (!Files.isDirectory(folder)) {
            throw new UserException(folder + ": there is no such folder. Set data.path to the folder of NYUv2. "
                    + layout);
        }
        Path list = folder.resolve(split + ".txt");
        if (!Files.isRegularFile(list)) {
            throw new UserException(list + ": this list is missing" + (isEmpty(folder) ? "; the data folder is empty. "
                    : ". ") + layout);
        }
        return list;
    }

    private static boolean isEmpty(Path folder) {
        try (var entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        } catch (IOException exception) {
            return false;
        }
    }

    private static <T> List<T> spread(List<T> all, int limit) {
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
