package io.gimbal.cuda;

import java.util.List;
import java.util.Objects;

/**
 * How the search for one library went.
 *
 * @param title    what the library is, such as "cuDNN"
 * @param path     the file that was loaded, or null where none could be
 * @param attempts the places tried before that one, each with the loader's reason, in the order tried
 */
public record LibraryReport(String title, String path, List<Attempt> attempts) {
    public LibraryReport {
        Objects.requireNonNull(title, "title is null");
        attempts = List.copyOf(attempts);
    }

    /** Whether the library was loaded. */
    public boolean loaded() {
        return path != null;
    }

    /** The file, or else every place tried with its reason, one a line. */
    public String describe() {
        if (loaded()) {
            return title + ": " + path;
        }
        StringBuilder text = new StringBuilder(title).append(" could not be loaded. Tried:");
        for (Attempt attempt : attempts) {
            text.append("\n  ").append(attempt.place()).append(": ").append(attempt.reason());
        }
        return text.toString();
    }

    /**
     * One place that did not yield the library.
     *
     * @param place  what was asked for and why it was looked for there
     * @param reason the loader's own words, or why the loader was not asked
     */
    public record Attempt(String place, String reason) {}
}
