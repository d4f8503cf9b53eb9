package io.gimbal.config;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A pattern of a network's names, which have dots between their parts.
 *
 * @param text in which {@code *} stands for any letters, dots too: {@code trunk.*}
 */
public record NamePattern(String text) {
    /** Refuses an empty text. */
    public NamePattern {
        if (text == null || text.isBlank()) {
            throw new UserException("a pattern of names is " + (text == null ? "null" : "empty")
                    + ", but must be a name, in which * may stand for any letters.");
        }
    }

    /**
     * {@return whether the pattern fits all of the name}
     *
     * @param name with all its parts
     */
    public boolean fits(String name) {
        List<String> pieces = List.of(text.split("\\*", -1));
        if (pieces.size() == 1) {
            return name.equals(text);
        }
        int end = name.length() - pieces.getLast().length();
        int at = pieces.getFirst().length();
        if (!name.startsWith(pieces.getFirst()) || !name.endsWith(pieces.getLast())) {
            return false;
        }
        for (String piece : pieces.subList(1, pieces.size() - 1)) {
            int found = name.indexOf(piece, at);
            if (found < 0) {
                return false;
            }
            at = found + piece.length();
        }
        return at <= end;
    }

    /**
     * Those of the names that the pattern fits, in their order.
     *
     * @param names all that there are
     * @param asker what the pattern was given for, which the message begins with
     * @param kind  what the names are of: {@code tensor}
     * @return at least one
     * @throws UserException where there is none
     */
    public List<String> among(Collection<String> names, String asker, String kind) {
        List<String> fitting = names.stream().filter(this::fits).toList();
        if (fitting.isEmpty()) {
            throw new UserException(asker + " " + Names.quote(text) + ": no " + kind + " of the network has such a "
                    + "name." + hint(names) + " Their names begin with "
                    + Names.list(names.stream().flatMap(name -> parts(name).limit(1)).distinct().toList()) + ".");
        }
        return fitting;
    }

    /** The name, or the part of names, that was probably meant. */
    private String hint(Collection<String> names) {
        String whole = Names.hint(text, names);
        List<String> parts = names.stream().flatMap(NamePattern::parts).distinct().toList();
        Optional<String> unknown = parts(text).filter(part -> !part.isEmpty() && !parts.contains(part)).findFirst();
        return whole.isEmpty() && unknown.isPresent() ? Names.hint(unknown.get(), parts) : whole;
    }

    private static Stream<String> parts(String name) {
        return Arrays.stream(name.split("[.*]"));
    }
}
