package io.gimbal.data;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.picture.MatlabArray;
import io.gimbal.picture.MatlabFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What is handed out beside NYUv2's one file, in small MATLAB files: its split, and its classes. */
final class NyuNumbers {
    /** Of each of the 40 classes, which of the 13 it is, from 1, as nyuv2-meta-data's class13Mapping.mat has it. */
    private static final List<Integer> OF_13 = List.of(12, 5, 6, 1, 4, 9, 10, 12, 13, 6, 8, 6, 13, 10, 6, 13, 6, 7, 7,
            5, 7, 3, 2, 6, 11, 7, 7, 7, 7, 7, 7, 6, 7, 7, 7, 7, 7, 7, 6, 7);
    private static final String SPLITS = "The data set's page has it as splits.mat, with trainNdxs and testNdxs.";
    private static final String CLASSES = "Gupta et al. (CVPR 2013) hand it out as classMapping40.mat, with mapClass; "
            + "nyuv2-meta-data has it, too. To do without labels, set data.class_map to \"none\".";

    private NyuNumbers() { }

    /**
     * The numbers of a split's samples, from 1.
     *
     * @param splits with "trainNdxs" and "testNdxs"
     * @param split  "train" or "test"
     * @param most   how many samples there are
     */
    static List<Integer> split(Path splits, String split, int most) {
        NyuDepth.requireSplit(split);
        String name = split + "Ndxs";
        List<Integer> numbers = whole(splits, name, SPLITS, most);
        for (int i = 0; i < numbers.size(); i++) {
            if (numbers.get(i) == 0) {
                throw new UserException(splits + ": number " + (i + 1) + " of " + name + " is 0, but samples count "
                        + "from 1.");
            }
        }
        if (numbers.isEmpty()) {
            throw new UserException(splits + ": " + name + " is empty.");
        }
        return numbers;
    }

    /**
     * Which class each label is, by its number: from 1; 0 is none.
     *
     * @param map     with "mapClass", which names one of 40 for each label from 1
     * @param classes 13 or 40
     */
    static int[] classes(Path map, int classes) {
        List<Integer> forty = whole(map, "mapClass", CLASSES, OF_13.size());
        int[] numbers = new int[forty.size() + 1];
        for (int label = 1; label < numbers.length; label++) {
            int number = forty.get(label - 1);
            numbers[label] = number == 0 || classes == OF_13.size() ? number : OF_13.get(number - 1);
        }
        return numbers;
    }

    private static List<Integer> whole(Path file, String name, String source, int most) {
        if (!Files.exists(file)) {
            throw new UserException(file + ": this file is missing. " + source);
        }
        if (!(MatlabFile.open(file).array(name) instanceof MatlabArray.Numbers array)) {
            throw new UserException(file + ": " + name + " holds no numbers. " + source);
        }
        List<Integer> numbers = new ArrayList<>(array.count());
        for (int i = 0; i < array.count(); i++) {
            double number = array.at(i);
            if (number != (int) number || number < 0 || number > most) {
                throw new UserException(file + ": number " + (i + 1) + " of " + Names.quote(name) + " is " + number
                        + "; whole ones up to " + most + " may stand there.");
            }
            numbers.add((int) number);
        }
        return numbers;
    }
}
