package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Faults;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Intake;
import io.gimbal.graph.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a data set is opened from.
 *
 * @param own      the part of the configuration that describes it
 * @param fallback where keys are looked for that it does not have: the data to learn from, for those to validate on
 * @param training whether these are the data to learn from
 * @param seed     the training's
 * @param input    what the network takes
 * @param intake   in which form it takes samples
 * @param flips    whether samples are mirrored
 * @param told     what the samples to learn from told, where they are others than these: {@link DataSet#statistics}
 * @param faults   takes files that are missing, and what else costs no file to find
 */
record SourceRequest(Config own, Config fallback, boolean training, long seed, Shape input, Intake intake,
        boolean flips, Optional<String> told, Faults faults) {
    /** Where the value of a key stands. */
    Config at(String key) {
        return own.has(key) ? own : fallback;
    }

    /** Refuses networks that do not take red, green and blue. */
    void requireColours() {
        if (intake.channels() != 3) {
            throw new UserException(own.place() + ": these data are images of 3 channels, but model.input is "
                    + intake.channels() + " x " + intake.height() + " x " + intake.width());
        }
    }

    /** The folder of the data, which must be there. */
    Path folder() {
        Config placed = at("path");
        if (!placed.has("path")) {
            throw fallback.error("has no 'path': the folder of the data; give it here, or with --set data.path=FOLDER");
        }
        Path folder = placed.path("path");
        if (!Files.isDirectory(folder)) {
            throw new UserException(folder + ": there is no such folder. Set data.path to the folder of the data.");
        }
        return folder;
    }

    boolean has(String key) {
        return at(key).has(key);
    }
}
