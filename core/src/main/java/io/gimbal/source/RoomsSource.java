package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.data.DataSet;
import io.gimbal.data.Rooms;
import java.util.List;

/** Rooms made up by a computer. */
final class RoomsSource implements Source {
    /** The order of an epoch is kept in memory. */
    private static final int MOST_ROOMS = 10_000_000;
    /** Held-out rooms come from another sequence of seeds than those learned from. */
    private static final long HELD_OUT = 0x5DEECE66DL;

    @Override
    public String name() {
        return "rooms";
    }

    @Override
    public List<String> keys() {
        return List.of("count");
    }

    @Override
    public DataSet open(SourceRequest request) {
        request.requireColours();
        Config counted = request.at("count");
        int count = counted.positive("count");
        if (count > MOST_ROOMS) {
            throw counted.error("count", "is " + count + "; at most " + MOST_ROOMS + " rooms make an epoch");
        }
        return new Rooms(request.training() ? request.seed() : request.seed() ^ HELD_OUT, count, request.intake());
    }
}
