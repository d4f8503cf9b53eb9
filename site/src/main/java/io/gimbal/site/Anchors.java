package io.gimbal.site;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** The anchors of one document's headings, by GitHub's rule, so that a link works there and here. */
final class Anchors {
    private final Set<String> given = new HashSet<>();

    /** The anchor of the next heading with that text. */
    String of(String heading) {
        String plain = heading.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{M}\\p{N}\\p{Pc}\\- ]", "")
                .replace(' ', '-');
        String anchor = plain;
        for (int more = 1; !given.add(anchor); more++) {
            anchor = plain + "-" + more;
        }
        return anchor;
    }
}
