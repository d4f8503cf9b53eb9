package io.gimbal.source;

import io.gimbal.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which class a stored number, or a stored colour, means: {@code {"255": "ignore", "8-40": 0, "#ff0000": 3}}. A number
 * that stands in no range means itself; a colour that is not there means nothing. Immutable.
 */
final class ClassMap {
    /** What stands for "no label". */
    static final int IGNORED = -1;
    /** What stands for a number or colour that may not be there. */
    static final int UNKNOWN = -2;

    private static final Pattern NUMBERS = Pattern.compile("(-?\\d{1,10})(?:-(-?\\d{1,10}))?");
    private static final Pattern COLOUR = Pattern.compile("#([0-9a-fA-F]{6})");
    private static final String IGNORE = "ignore";
    private static final int TABLE = 1 << 16;

    private final int classes;
    private final int ignore;
    private final List<Range> ranges;
    private final boolean colours;
    private final int[] table = new int[TABLE];

    /** Numbers from a first to a last one, and what they all mean. */
    private record Range(String key, long first, long last, int meaning) { }

    /**
     * @param map     the object, or null where numbers mean themselves
     * @param classes how many there are, from 0
     * @param ignore  the stored number that means "no label" where the map does not speak of it
     */
    ClassMap(Config map, int classes, int ignore) {
        this.classes = classes;
        this.ignore = ignore;
        this.ranges = map == null ? List.of() : ranges(map);
        this.colours = map != null && map.keys().stream().anyMatch(key -> key.startsWith("#"));
        for (int number = 0; number < TABLE; number++) {
            table[number] = find(number);
        }
    }

    private List<Range> ranges(Config map) {
        List<Range> found = new ArrayList<>();
        for (String key : map.keys()) {
            Range range = range(map, key);
            for (Range other : found) {
                if (key.startsWith("#") != other.key().startsWith("#")) {
                    throw map.error(key, "stands beside " + other.key() + ": a map has numbers or colours, not both");
                }
                if (range.first() <= other.last() && other.first() <= range.last()) {
                    throw map.error(key, "has numbers that " + other.key() + " has, too; each means one class");
                }
            }
            found.add(range);
        }
        return found;
    }

    private Range range(Config map, String key) {
        int meaning = meaning(map.find(key).orElseThrow());
        Matcher colour = COLOUR.matcher(key);
        if (colour.matches()) {
            int number = Integer.parseInt(colour.group(1), 16);
            return new Range(key, number, number, meaning);
        }
        Matcher numbers = NUMBERS.matcher(key);
        if (!numbers.matches()) {
            throw map.error(key, "is no number (\"255\"), range (\"8-40\") or colour (\"#ff0000\")");
        }
        long first = Long.parseLong(numbers.group(1));
        long last = numbers.group(2) == null ? first : Long.parseLong(numbers.group(2));
        if (last < first) {
            throw map.error(key, "is a range whose last number is less than its first");
        }
        return new Range(key, first, last, meaning);
    }

    private int meaning(Config value) {
        if (value.isText()) {
            value.choice(List.of(IGNORE));
            return IGNORED;
        }
        return value.integerIn(0, classes - 1);
    }

    /** Whether stored colours are mapped, not numbers. */
    boolean ofColours() {
        return colours;
    }

    /** The class of a stored number or colour (0xRRGGBB), {@link #IGNORED}, or {@link #UNKNOWN}. */
    int of(int stored) {
        return stored >= 0 && stored < TABLE ? table[stored] : find(stored);
    }

    private int find(int stored) {
        for (Range range : ranges) {
            if (stored >= range.first() && stored <= range.last()) {
                return range.meaning();
            }
        }
        if (colours) {
            return UNKNOWN;
        }
        return stored == ignore ? IGNORED : stored >= 0 && stored < classes ? stored : UNKNOWN;
    }
}
