package io.gimbal.source;

import io.gimbal.config.Config;
import java.util.List;

/** What classes and channels are called. */
final class FieldNames {
    private FieldNames() {}

    /** The names under a key, which need not be there; as many as are due. */
    static List<String> of(Config spec, String key, int due) {
        if (!spec.has(key)) {
            return List.of();
        }
        List<String> names = spec.texts(key);
        if (names.size() != due) {
            throw spec.error(key, "has " + names.size() + " names for " + due);
        }
        return names;
    }
}
