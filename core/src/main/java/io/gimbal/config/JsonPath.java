package io.gimbal.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A place in a JSON tree, {@code model.trunk[3].kernel}: written as the user reads and types it. */
final class JsonPath {
    private static final Pattern PLAIN = Pattern.compile("[^.\\[\\]=\"\\s]+");

    /** At most nine digits, which an int holds. */
    private static final Pattern INDEX = Pattern.compile("[0-9]{1,9}");

    private JsonPath() {
    }

    /** A step of a path: a key of an object, or (key null) an index into a list. */
    record Step(String key, int index) {
    }

    static String below(String path, String key) {
        if (!PLAIN.matcher(key).matches()) {
            return path + "[\"" + Names.printable(key) + "\"]";
        }
        return path.isEmpty() ? key : path + "." + key;
    }

    static String below(String path, int index) {
        return path + "[" + index + "]";
    }

    /** @throws IllegalArgumentException where the text is no path; the message is the second half of a sentence */
    static List<Step> parse(String text) {
        List<Step> steps = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            if (text.charAt(at) == '[') {
                int quoteEnd = text.startsWith("[\"", at) ? text.indexOf("\"]", at + 2) : -1;
                int end = quoteEnd >= 0 ? quoteEnd + 1 : text.indexOf(']', at);
                if (end < 0) {
                    throw new IllegalArgumentException("its '[' is not closed");
                }
                steps.add(quoteEnd >= 0 ? new Step(text.substring(at + 2, quoteEnd), -1)
                        : new Step(null, index(text.substring(at + 1, end))));
                at = end + 1;
            } else {
                if (!steps.isEmpty()) {
                    if (text.charAt(at) != '.') {
                        throw new IllegalArgumentException("a '.' or '[' must follow a ']'");
                    }
                    at++;
                }
                int end = at;
                while (end < text.length() && text.charAt(end) != '.' && text.charAt(end) != '[') {
                    end++;
                }
                if (end == at) {
                    throw new IllegalArgumentException("a name is missing in it");
                }
                steps.add(new Step(text.substring(at, end), -1));
                at = end;
            }
        }
        if (steps.isEmpty()) {
            throw new IllegalArgumentException("it is empty");
        }
        return steps;
    }

    private static int index(String digits) {
        if (!INDEX.matcher(digits).matches()) {
            throw new IllegalArgumentException("an index must be a whole number, not " + Names.quote(digits));
        }
        return Integer.parseInt(digits);
    }
}
