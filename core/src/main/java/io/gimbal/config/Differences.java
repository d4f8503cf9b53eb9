package io.gimbal.config;

import io.gimbal.shaded.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Where two JSON trees say something else. Keys may stand in any order; null is as good as left out. */
final class Differences {
    private Differences() {
    }

    static void collect(String path, JsonNode one, JsonNode other, List<Config.Difference> into) {
        if (one.isObject() && other.isObject()) {
            Set<String> keys = new LinkedHashSet<>();
            one.fieldNames().forEachRemaining(keys::add);
            other.fieldNames().forEachRemaining(keys::add);
            keys.forEach(key -> collect(JsonPath.below(path, key), one.path(key), other.path(key), into));
        } else if (one.isArray() && other.isArray() && one.size() == other.size()) {
            for (int i = 0; i < one.size(); i++) {
                collect(JsonPath.below(path, i), one.get(i), other.get(i), into);
            }
        } else if (!same(one, other)) {
            into.add(new Config.Difference(path, shown(one), shown(other)));
        }
    }

    private static boolean same(JsonNode one, JsonNode other) {
        if (absent(one) || absent(other)) {
            return absent(one) && absent(other);
        }
        return one.isNumber() && other.isNumber() ? one.decimalValue().compareTo(other.decimalValue()) == 0
                : one.equals(other);
    }

    private static boolean absent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    private static String shown(JsonNode node) {
        return absent(node) ? "not given" : Names.printable(node.toString());
    }
}
