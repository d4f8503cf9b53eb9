package io.gimbal.run;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.NyuDepth;
import io.gimbal.data.Rooms;
import io.gimbal.graph.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Opens the data sets that a configuration's {@code data} and {@code validation} describe. */
final class DataSpec {
    private static final List<String> SOURCES = List.of("rooms", "nyuv2");
    /** What each source reads, whether to learn from or to validate on. */
    private static final Map<String, List<String>> KEYS = Map.of("rooms", List.of("source", "count"),
            "nyuv2", List.of("source", "path", "split", "limit"));
    /** What only the data to learn from have. */
    private static final List<String> BATCHES = List.of("batch", "flip", "shuffle");
    private static final long MOST_PIXELS = 1 << 24;
    /** The order of an epoch is kept in memory. */
    private static final int MOST_ROOMS = 10_000_000;
    /** Held-out rooms come from another sequence of seeds than those learned from. */
    private static final long HELD_OUT = 0x5DEECE66DL;

    private DataSpec() {}

    /** The data to learn from. */
    static DataSet training(Config data, long seed, Shape input) {
        Map<String, List<String>> keys = new HashMap<>(KEYS);
        keys.replaceAll((source, own) -> Stream.concat(own.stream(), BATCHES.stream()).toList());
        data.allow(source(data, data), keys);
        return open(data, data, "train", seed, input);
    }

    /** The data to validate on; what it does not say is as {@code data} has it. */
    static DataSet validation(Config validation, Config data, long seed, Shape input) {
        validation.allow(source(validation, data), KEYS);
        return open(validation, data, "test", seed ^ HELD_OUT, input);
    }

    private static String source(Config spec, Config fallback) {
        return (spec.has("source") ? spec : fallback).choice("source", SOURCES);
    }

    private static DataSet open(Config spec, Config fallback, String split, long seed, Shape input) {
        if (input.flat() || input.channels() != 3) {
            throw new UserException(spec.place() + ": these data are images of 3 channels, but model.input is "
                    + input.describe());
        }
        if ((long) input.height() * input.width() > MOST_PIXELS) {
            throw new UserException(spec.place() + ": these data are images of at most " + MOST_PIXELS
                    + " pixels, but model.input is "
                    + input.describe());
        }
        if (source(spec, fallback).equals("rooms")) {
            Config counted = spec.has("count") ? spec : fallback;
            int count = counted.positive("count");
            if (count > MOST_ROOMS) {
                throw counted.error("count", "is " + count + "; at most " + MOST_ROOMS + " rooms make an epoch");
            }
            return new Rooms(seed, count, input.height(), input.width());
        }
        Config placed = spec.has("path") ? spec : fallback;
        if (!placed.has("path")) {
            throw fallback.error("has no 'path': the folder that holds NYUv2; give it here, or with "
                    + "--set data.path=FOLDER");
        }
        return new NyuDepth(placed.path("path"), spec.text("split", split), input.height(), input.width(),
                spec.positive("limit", Integer.MAX_VALUE));
    }
}
