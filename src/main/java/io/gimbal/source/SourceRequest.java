package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.Intake;

/**
 * What a data set is opened from.
 *
 * @param own      the part of the configuration that describes it
 * @param fallback where keys are looked for that it does not have: the data to learn from, for those to validate on
 * @param training whether these are the data to learn from
 * @param seed     the training's
 * @param intake   in which form a network takes samples
 * @param flips    whether samples are mirrored
 */
record SourceRequest(Config own, Config fallback, boolean training, long seed, Intake intake, boolean flips) {
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

    boolean has(String key) {
        return at(key).has(key);
    }
}
