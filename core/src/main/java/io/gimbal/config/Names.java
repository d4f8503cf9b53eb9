package io.gimbal.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/**
 * Guesses which known name was meant by an unknown one, and writes untrusted names so that a message stays one line.
 */
public final class Names {
    private static final int LONGEST_GUESSED = 80;
    private static final int LONGEST_QUOTED = 60;
    private static final int LONGEST = 100;
    private static final int SHORTEST_PREFIX = 3;

    private Names() {
    }

    /**
     * The known name that was probably meant. Case aside, one edit is an inserted, left out or changed character, or
     * two neighbours swapped; a third of the longer name may differ. Where no name is that near, a known name that
     * begins with what was given (at least three characters, one such name) is taken.
     *
     * @param given the name as the user wrote it
     * @param known the names that exist; of several equally near ones the first is taken
     * @return the nearest name, or nothing where all are too far
     */
    public static Optional<String> nearest(String given, Collection<String> known) {
        if (given.isBlank() || given.length() > LONGEST_GUESSED) {
            return Optional.empty();
        }
        String wanted = given.strip().toLowerCase(Locale.ROOT);
        String best = null;
        int least = Integer.MAX_VALUE;
        for (String name : known) {
            int longer = Math.max(wanted.length(), name.length());
            int distance = distance(wanted, name.toLowerCase(Locale.ROOT));
            if (distance <= Math.max(1, longer / 3) && distance < longer && distance < least) {
                best = name;
                least = distance;
            }
        }
        return best != null ? Optional.of(best) : onlyOneThatBeginsWith(wanted, known);
    }

    /**
     * The nearest known name as a sentence to append to a message.
     *
     * @param given the name as the user wrote it
     * @param known the names that exist
     * @return {@code " Did you mean 'relu'?"}, or an empty text where nothing is near
     */
    public static String hint(String given, Collection<String> known) {
        return nearest(given, known).map(name -> " Did you mean " + quote(name) + "?").orElse("");
    }

    /**
     * A name from outside, in single quotes, on one line: control characters are escaped, a long name is cut.
     *
     * @param name any text
     * @return for instance {@code 'conv2d'}
     */
    public static String quote(String name) {
        return '\'' + printable(name) + '\'';
    }

    /**
     * {@return names from outside, on one line, with commas between them; "nothing" where there is none}
     *
     * @param names each of which is quoted
     */
    public static String list(Collection<String> names) {
        return names.isEmpty() ? "nothing" : String.join(", ", names.stream().map(Names::printable).toList());
    }

    /**
     * Refuses a text that cannot name something: an empty one, one of more than 100 characters, and any with a
     * character that does not print.
     *
     * @param what what it is to name, which the message begins with: {@code "a task's name"}
     * @param name the text
     * @return the name
     * @throws UserException naming the text and what it may be
     */
    public static String check(String what, String name) {
        if (name == null) {
            throw new UserException(what + " is null, but must be a text.");
        }
        if (name.isBlank()) {
            throw new UserException(what + " is empty, but must be a text with at least one letter.");
        }
        if (name.length() > LONGEST) {
            throw new UserException(what + " is " + quote(name) + ", which has " + name.length() + " characters; at "
                    + "most " + LONGEST + " may be.");
        }
        if (name.codePoints().anyMatch(point -> point == '\n' || !prints(point))) {
            throw new UserException(what + " is " + quote(name) + ", but must not hold characters that do not print.");
        }
        return name;
    }

    /** The text on one line without control characters, cut where it is long. */
    static String printable(String text) {
        int end = text.length() <= LONGEST_QUOTED ? text.length() : text.offsetByCodePoints(0, Math.min(
                LONGEST_QUOTED - 3, text.codePointCount(0, text.length())));
        String shown = escaped(text.substring(0, end)).replace("\n", "\\n");
        return end < text.length() ? shown + "..." : shown;
    }

    /** The text with every character that does not print as an escape, but for the ends of lines. */
    static String escaped(String text) {
        if (text == null || text.codePoints().allMatch(Names::prints)) {
            return text;
        }
        StringBuilder shown = new StringBuilder();
        text.codePoints().forEach(point -> {
            switch (point) {
                case '\r' -> shown.append("\\r");
                case '\t' -> shown.append("\\t");
                default -> {
                    if (prints(point)) {
                        shown.appendCodePoint(point);
                    } else {
                        shown.append(String.format("\\u%04x", point));
                    }
                }
            }
        });
        return shown.toString();
    }

    private static boolean prints(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL -> point == '\n';
            case Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                false;
            default -> true;
        };
    }

    private static Optional<String> onlyOneThatBeginsWith(String wanted, Collection<String> known) {
        if (wanted.length() < SHORTEST_PREFIX) {
            return Optional.empty();
        }
        String found = null;
        for (String name : known) {
            if (name.toLowerCase(Locale.ROOT).startsWith(wanted)) {
                if (found != null) {
                    return Optional.empty();
                }
                found = name;
            }
        }
        return Optional.ofNullable(found);
    }

    /** Damerau and Levenshtein's distance in its restricted form: no substring is edited twice. */
    static int distance(String a, String b) {
        int[] twoBack = new int[b.length() + 1];
        int[] before = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            before[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int changed = before[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(changed, 1 + Math.min(before[j], row[j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], twoBack[j - 2] + 1);
                }
            }
            int[] spare = twoBack;
            twoBack = before;
            before = row;
            row = spare;
        }
        return before[b.length()];
    }
}
