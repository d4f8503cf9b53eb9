package io.gimbal.data;

import io.gimbal.config.UserException;
import io.gimbal.data.NyuDepth.DepthFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What of NYUv2 a folder holds.
 *
 * @param classes  13 or 40
 * @param labelled whether there are labels
 * @param depth    what depth there is; ANY where there is none
 */
record NyuForm(int classes, boolean labelled, DepthFiles depth) {
    static final String LAYOUT = "A folder of NYUv2 holds train.txt and test.txt, and under train/ and test/ "
            + "the folders rgb, depth_u8 (or depth) and label13 (or label40).";
    private static final int BYTES = 1 << 8;
    private static final int SHORTS = 1 << 16;
    private static final float MILLIMETRES = 1000;

    /**
     * Looks for it.
     *
     * @param pictures the split's folder
     * @param asked    which depth is meant
     * @throws UserException if it holds neither labels nor depth, or not the one that is meant
     */
    static NyuForm of(Path pictures, int classes, DepthFiles asked) {
        if (classes != NyuDepth.CLASS_NAMES.size() && classes != NyuDepth.CLASS_NAMES_40.size()) {
            throw new UserException("NYUv2 has 13 or 40 classes, not " + classes + ".");
        }
        boolean u8 = Files.isDirectory(pictures.resolve(DepthFiles.U8.folder()));
        boolean u16 = Files.isDirectory(pictures.resolve(DepthFiles.U16.folder()));
        if (asked == DepthFiles.ANY && u8 && u16) {
            throw new UserException(pictures + ": has depth of 8 bits in depth_u8 and of 16 in depth; say which is "
                    + "meant: set data.depth to \"u8\" or \"u16\".");
        }
        if (asked != DepthFiles.ANY && !Files.isDirectory(pictures.resolve(asked.folder()))) {
            throw new UserException(pictures.resolve(asked.folder()) + ": there is no such folder. " + LAYOUT);
        }
        DepthFiles depth = asked != DepthFiles.ANY ? asked : u8 ? DepthFiles.U8 : u16 ? DepthFiles.U16 : asked;
        NyuForm form = new NyuForm(classes, Files.isDirectory(pictures.resolve(labels(classes))), depth);
        if (!form.labelled() && !form.ranged()) {
            throw new UserException(pictures + ": has neither labels in " + labels(classes) + " nor depth. " + LAYOUT);
        }
        return form;
    }

    private static String labels(int classes) {
        return "label" + classes;
    }

    /** The folder of the labels. */
    String labels() {
        return labels(classes);
    }

    /** Whether there is depth. */
    boolean ranged() {
        return depth != DepthFiles.ANY;
    }

    /** The field of the labels. */
    Field segmentation() {
        return classes == NyuDepth.CLASS_NAMES.size() ? NyuDepth.SEGMENTATION
                : Field.ofClasses(NyuDepth.SEGMENTATION.name(), classes, NyuDepth.UNLABELLED)
                        .named(NyuDepth.CLASS_NAMES_40);
    }

    /** The fields that there are. */
    List<Layer> layers() {
        List<Layer> layers = new ArrayList<>();
        if (labelled) {
            layers.add(new Layer(segmentation(), Meaning.of(numbers())));
        }
        if (ranged()) {
            layers.add(new Layer(NyuDepth.DEPTH, metres()));
            layers.add(new Layer(NyuDepth.NORMALS, Meaning.STORED));
        }
        return layers;
    }

    /** Of each stored number of depth: 0 where there is none. */
    Meaning metres() {
        float[] metres = new float[depth == DepthFiles.U8 ? BYTES : SHORTS];
        for (int stored = 1; stored < metres.length; stored++) {
            metres[stored] = depth == DepthFiles.U8 ? (float) ((stored + 0.5) / NyuDepth.STEPS_PER_METRE)
                    : stored / MILLIMETRES;
        }
        return Meaning.of(metres);
    }

    /** Of each stored label: 0 is no label, and k the class k - 1. */
    private float[] numbers() {
        float[] numbers = new float[classes + 1];
        for (int stored = 0; stored < numbers.length; stored++) {
            numbers[stored] = stored == 0 ? NyuDepth.UNLABELLED : stored - 1;
        }
        return numbers;
    }
}
