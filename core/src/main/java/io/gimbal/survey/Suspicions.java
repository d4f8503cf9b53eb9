package io.gimbal.survey;

import io.gimbal.config.Names;
import io.gimbal.data.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What is hardly meant, though nothing is broken: each a sentence that says what to do. */
final class Suspicions {
    private static final double MOST_METRES = 1000;
    private static final double LEAST_VECTORS = 0.5;
    private static final int MOST_NAMED = 10;

    private final List<String> found = new ArrayList<>();

    private Suspicions() {}

    static List<String> of(Optional<SetFigures> training, Optional<SetFigures> validation) {
        Suspicions suspicions = new Suspicions();
        training.ifPresent(suspicions::ofSet);
        validation.ifPresent(suspicions::ofSet);
        if (training.isPresent() && validation.isPresent()) {
            suspicions.ofBoth(training.get(), validation.get());
        }
        return List.copyOf(suspicions.found);
    }

    private void ofSet(SetFigures set) {
        if (set.again() > 0) {
            found.add(set.part() + ": " + of(set.again(), "example has", "examples have") + " the very image of another"
                    + ", such as " + Names.list(set.twice()) + ". Take one of them out of " + set.origin()
                    + ", or mend the file that was copied over another.");
        }
        set.fields().forEach(field -> ofField(set, field));
    }

    private void ofField(SetFigures set, FieldFigures figures) {
        Field field = figures.field();
        String place = set.part() + ": the field " + Names.quote(field.name()) + " ";
        if (set.sound() > 0 && figures.labelledExamples() == 0) {
            found.add(place + "has no label in any example; " + (set.part().equals("data") ? "a task cannot learn it"
                    : "its metrics cannot be told") + ". See what marks pixels without labels ('ignore', 'missing'), "
                    + "and where its files lie.");
            return;
        }
        if (figures.constant()) {
            found.add(place + "is the same wherever it is labelled: " + only(figures) + ". See its files, and 'scale', "
                    + "'missing' or 'map' in its description.");
        }
        if (field.isDepth() && figures.values(0).largest() > MOST_METRES) {
            found.add(place + String.format(Locale.ROOT, "reaches %.6g; depth is in metres. If millimetres are stored: "
                    + "\"scale\": 0.001.", figures.values(0).largest()));
        }
        if (field.isVectors() && figures.labelledPartOfLabelledExamples() < LEAST_VECTORS) {
            found.add(place + String.format(Locale.ROOT, "is unlabelled at %.1f %% of the pixels of examples that have "
                    + "it; vectors shorter than half of 1 are no label. See 'scale', 'offset' and 'missing'.",
                    100 * (1 - figures.labelledPartOfLabelledExamples())));
        }
    }

    private static String only(FieldFigures figures) {
        if (figures.channels() > 0) {
            return String.format(Locale.ROOT, "%.6g", figures.values(0).least());
        }
        int number = 0;
        while (figures.ofClass(number) == 0) {
            number++;
        }
        return "class " + Names.quote(figures.field().nameOf(number));
    }

    private void ofBoth(SetFigures training, SetFigures validation) {
        List<String> pairs = new ArrayList<>();
        int count = 0;
        for (var image : validation.images().entrySet()) {
            String learned = training.images().get(image.getKey());
            if (learned != null) {
                count++;
                pairs.add(learned + (learned.equals(image.getValue()) ? "" : " (" + image.getValue()
                        + " in validation)"));
            }
        }
        if (count > 0) {
            found.add("validation: " + of(count, "image is", "images are") + " among those to learn from, too: "
                    + named(pairs.stream().sorted().toList()) + ". What is known by heart says nothing of what was "
                    + "learned: take them out of " + training.origin() + " or of " + validation.origin() + ".");
        }
        for (FieldFigures learned : training.fields()) {
            validation.fields().stream().filter(field -> field.field().equals(learned.field())).findFirst()
                    .ifPresent(held -> ofClasses(learned, held));
        }
    }

    private void ofClasses(FieldFigures learned, FieldFigures held) {
        Field field = learned.field();
        List<String> missing = new ArrayList<>();
        for (int number = 0; number < learned.counted() && number < held.counted(); number++) {
            if (learned.examplesOf(number) == 0 && held.examplesOf(number) > 0) {
                missing.add(field.nameOf(number) + " (" + of(held.examplesOf(number), "example", "examples") + ")");
            }
        }
        if (!missing.isEmpty() && learned.labelledExamples() > 0) {
            found.add("data: the field " + Names.quote(field.name()) + " never has what the validation has: "
                    + named(missing) + ". It cannot be learned: move examples of it to the data to learn from, or let "
                    + "it be ignored.");
        }
    }

    private static String named(List<String> all) {
        String first = Names.list(all.subList(0, Math.min(MOST_NAMED, all.size())));
        return all.size() > MOST_NAMED ? first + " and " + (all.size() - MOST_NAMED) + " more" : first;
    }

    private static String of(long count, String one, String several) {
        return count + " " + (count == 1 ? one : several);
    }
}
