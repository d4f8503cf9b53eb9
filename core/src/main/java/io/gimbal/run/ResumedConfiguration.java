package io.gimbal.run;

import io.gimbal.config.Config.Difference;
import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What a run may be gone on with: the configuration that it was trained with, but for how long it trains, what it is
 * called, where its data lie, what it is validated on and by what judged, and what it once started from; and where the
 * user says so, but for which data these are.
 */
final class ResumedConfiguration {
    private static final Set<String> FREE = Set.of("epochs", "steps", "name", "data.path", "data.cache",
            "data.cache.memory_mib");
    /** Keys that are free with all below them. */
    private static final Set<String> FREE_OBJECTS = Set.of("validation", "best", "init");
    private static final Set<String> DATA = Set.of("data.source", "data.count", "data.split", "data.limit", "data.list",
            "data.missing_files");
    private static final int MOST_SHOWN = 5;

    private ResumedConfiguration() {}

    /**
     * @param file      where the saved one stands
     * @param otherData whether the data may be others
     * @throws UserException naming every key that differs and may not, with both values
     */
    static void check(Path file, Config saved, Config given, boolean otherData) {
        List<Difference> wrong = saved.differences(given).stream()
                .filter(difference -> !isFree(difference.path()) && !(otherData && DATA.contains(difference.path())))
                .toList();
        if (!wrong.isEmpty()) {
            throw new UserException(refusal(file, given, wrong));
        }
        List<String> before = List.copyOf(Settings.predicted(saved));
        List<String> now = List.copyOf(Settings.predicted(given));
        if (!before.equals(now)) {
            throw new UserException(file.getParent() + " was trained with another configuration than "
                    + given.source() + ": the model's tasks are " + before + " in the run and in the order "
                    + now + " here. " + remedy(file));
        }
    }

    private static boolean isFree(String path) {
        return FREE.contains(path) || FREE_OBJECTS.contains(path.replaceFirst("[.\\[].*", ""));
    }

    private static String refusal(Path file, Config given, List<Difference> wrong) {
        List<String> shown = wrong.stream().limit(MOST_SHOWN).map(difference -> difference.path() + " is "
                + difference.here() + " in the run and " + difference.there() + " here").toList();
        String more = wrong.size() > MOST_SHOWN ? "; and " + (wrong.size() - MOST_SHOWN) + " more" : "";
        boolean data = wrong.stream().allMatch(difference -> DATA.contains(difference.path()));
        return file.getParent() + " was trained with another configuration than " + given.source() + ": "
                + String.join("; ", shown) + more + ". " + (data ? "To go on with other data add --data-changed. " : "")
                + remedy(file);
    }

    private static String remedy(Path file) {
        return "Go on with " + file + ", which --resume takes where no other is named (epochs, steps, name, data.path, "
                + "validation and best may differ), or start a new run with --out.";
    }
}
