package io.gimbal.cuda;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The constants of an enumeration in a C header, by number. */
final class EnumReader {
    private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);
    private static final Pattern ENUM = Pattern.compile(
            "\\benum\\s*(\\w*)\\s*(?::\\s*\\w+\\s*)?\\{([^}]*)\\}\\s*(\\w*)");
    /** A name, a macro such as CUDNN_DEPRECATED_ENUM, and the number or the constant that stands for it. */
    private static final Pattern CONSTANT = Pattern.compile("(\\w+)(?:\\s+\\w+)?(?:\\s*=\\s*(\\w+))?");

    private EnumReader() {}

    /**
     * Reads an enumeration; of two constants with one number the first.
     *
     * @param type the enumeration's name, or its typedef's
     */
    static SortedMap<Integer, String> read(String header, String type) {
        Matcher enumeration = ENUM.matcher(COMMENT.matcher(header).replaceAll(" "));
        while (enumeration.find()) {
            if (type.equals(enumeration.group(1)) || type.equals(enumeration.group(3))) {
                return constants(enumeration.group(2));
            }
        }
        throw new IllegalArgumentException("the header has no enumeration " + type);
    }

    private static SortedMap<Integer, String> constants(String body) {
        SortedMap<Integer, String> names = new TreeMap<>();
        Map<String, Integer> numbers = new HashMap<>();
        int next = 0;
        for (String text : body.split(",")) {
            if (text.isBlank()) {
                continue;
            }
            Matcher constant = CONSTANT.matcher(text.strip());
            if (!constant.matches()) {
                throw new IllegalArgumentException("'" + text.strip() + "' is no constant of an enumeration");
            }
            String value = constant.group(2);
            int number = value == null ? next : numbers.containsKey(value) ? numbers.get(value) : Integer.decode(value);
            numbers.put(constant.group(1), number);
            names.putIfAbsent(number, constant.group(1));
            next = number + 1;
        }
        return names;
    }
}
