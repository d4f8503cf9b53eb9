package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Two digits of MNIST in one image, in a folder of MNIST's four files. */
final class MultiMnistSource implements Source {
    private static final List<String> SPLITS = List.of("train", "test");
    private static final int DIGITS = 10;

    @Override
    public String name() {
        return "multimnist";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "split", "limit");
    }

    /** A mirror makes other signs of digits. */
    @Override
    public boolean mirrors() {
        return false;
    }

    @Override
    public DataSet open(SourceRequest request) {
        if (request.intake().channels() != 1) {
            throw new UserException(request.own().place() + ": these data are images of 1 channel, but model.input is "
                    + request.input().describe());
        }
        Config own = request.own();
        String split = own.choice("split", SPLITS, request.training() ? "train" : "test");
        Path folder = request.folder();
        String prefix = split.equals("train") ? "train" : "t10k";
        Optional<IdxFile> told = request.faults().attempt(() -> IdxFile.read(file(folder, prefix
                + "-labels-idx1-ubyte"), 1));
        IdxFile images = IdxFile.read(file(folder, prefix + "-images-idx3-ubyte"), 3);
        // Kept only where the images were then read: what is wrong with the labels was told last.
        IdxFile labels = told.orElseThrow(() -> new UserException(request.faults().messages().getLast()));
        check(images, labels);
        // Whatever seed a training has, what it is measured on is the same.
        long seed = split.equals("train") ? request.seed() : 0;
        return new MultiMnistSet(request.intake(), images, labels, seed, own.positive("limit", Integer.MAX_VALUE));
    }

    private static Path file(Path folder, String name) {
        Path packed = folder.resolve(name + ".gz");
        Path plain = folder.resolve(name);
        if (!Files.isRegularFile(packed) && !Files.isRegularFile(plain)) {
            throw new UserException(packed + ": this file is missing. A folder of MNIST holds "
                    + "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and "
                    + "t10k-labels-idx1-ubyte.gz, packed so or as they are.");
        }
        return Files.isRegularFile(packed) ? packed : plain;
    }

    private static void check(IdxFile images, IdxFile labels) {
        int[] extents = images.extents();
        if (extents[1] != MultiMnistSet.DIGIT || extents[2] != MultiMnistSet.DIGIT) {
            throw new UserException(images.file() + ": images of " + extents[2] + " x " + extents[1] + "; MNIST's are "
                    + "28 x 28.");
        }
        if (extents[0] != labels.extents()[0]) {
            throw new UserException(labels.file() + ": has " + labels.extents()[0] + " labels, but " + images.file()
                    + " has " + extents[0] + " images.");
        }
        for (int i = 0; i < labels.values().length; i++) {
            if (labels.values()[i] < 0 || labels.values()[i] >= DIGITS) {
                throw new UserException(labels.file() + ": label " + i + " is " + (labels.values()[i] & 255)
                        + "; digits are 0 to 9.");
            }
        }
    }
}
