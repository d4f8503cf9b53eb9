package io.gimbal.export;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.SoundValues;
import java.util.Arrays;
import java.util.Map;

/** Whether values are those of a network's parameters and running statistics. */
final class Values {
    private Values() {}

    /** How many bytes a network's values have. */
    static long bytes(NetworkGraph network) {
        return network.shapes().values().stream().mapToLong(Values::elements).sum() * Float.BYTES;
    }

    private static long elements(long... shape) {
        return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    /** @throws UserException if one is missing, has another size, or holds what cannot be, such as NaN */
    static void check(NetworkGraph network, Map<String, float[]> values) {
        network.shapes().forEach((name, shape) -> check(name, elements(shape), values.get(name)));
    }

    private static void check(String name, long elements, float... values) {
        if (values == null) {
            throw new UserException("there are no values for " + Names.quote(name) + ", which the network has");
        }
        if (values.length != elements) {
            throw new UserException(Names.quote(name) + " has " + values.length + " values, and the network needs "
                    + elements);
        }
        SoundValues.fault(name, values).ifPresent(fault -> {
            throw new UserException("a network with these values predicts nothing: " + fault);
        });
    }
}
