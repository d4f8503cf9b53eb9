package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Range;
import java.util.ArrayList;
import java.util.List;

/** Which stored numbers say that there is no label: {@code "missing": 0}, {@code [0, 65535]}, {@code "nan"}. */
record Missing(List<Float> numbers, boolean nan) {
    private static final String NAN = "nan";

    Missing {
        numbers = List.copyOf(numbers);
    }

    /** Those under {@code missing}, or else these. */
    static Missing read(Config spec, List<Float> fallback) {
        if (!spec.has("missing")) {
            return new Missing(fallback, false);
        }
        Config value = spec.find("missing").orElseThrow();
        List<Float> numbers = new ArrayList<>();
        boolean nan = false;
        for (Config one : value.isList() ? value.list() : List.of(value)) {
            if (one.isText()) {
                one.choice(List.of(NAN));
                nan = true;
            } else {
                numbers.add((float) one.number(Range.FINITE));
            }
        }
        return new Missing(numbers, nan);
    }

    boolean has(float stored) {
        return Float.isNaN(stored) ? nan : numbers.contains(stored);
    }
}
