package io.gimbal.survey;

import io.gimbal.config.Faults;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.drawing.Pictures;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What is in a data set. For one thread. */
final class SetFigures {
    private static final int MOST_NAMED = 10;

    private final String part;
    private final String origin;
    private final int examples;
    private final boolean pictured;
    private final SortedMap<Size, Integer> sizes = new TreeMap<>();
    private final Moments[] colours;
    private final List<FieldFigures> fields;
    private final Map<Fingerprint, String> images = new HashMap<>();
    private final List<String> twice = new ArrayList<>();
    private final List<String> unlabelled = new ArrayList<>();
    private int sound;
    private int withoutLabels;
    private int again;

    /** @param part what the configuration calls it: "data" or "validation" */
    SetFigures(String part, DataSet data, List<Field> fields) {
        this.part = part;
        this.origin = data.origin();
        this.examples = data.size();
        this.pictured = Pictures.canShow(data);
        this.colours = Stream.generate(Moments::new).limit(data.channels()).toArray(Moments[]::new);
        this.fields = fields.stream().map(FieldFigures::new).toList();
    }

    /** One more, in order; what is at fault in it is told. */
    void add(Example example, Faults faults) {
        example.faults().forEach(faults::tell);
        if (!example.sound()) {
            return;
        }
        sound++;
        sizes.merge(example.size(), 1, Integer::sum);
        for (int channel = 0; channel < colours.length; channel++) {
            colours[channel].add(example.colours()[channel]);
        }
        for (int k = 0; k < fields.size(); k++) {
            fields.get(k).add(example.fields().get(k));
        }
        if (!example.labelled()) {
            withoutLabels++;
            keep(unlabelled, example.name());
        }
        String before = example.image() == null ? null : images.putIfAbsent(example.image(), example.name());
        if (before != null) {
            again++;
            keep(twice, before + " and " + example.name());
        }
    }

    private static void keep(List<String> named, String name) {
        if (named.size() < MOST_NAMED) {
            named.add(name);
        }
    }

    String part() {
        return part;
    }

    String origin() {
        return origin;
    }

    int examples() {
        return examples;
    }

    /** Whether examples are images, and no rows of a table. */
    boolean pictured() {
        return pictured;
    }

    /** How many could be read. */
    int sound() {
        return sound;
    }

    /** How many images have each size, the smallest first. */
    SortedMap<Size, Integer> sizes() {
        return sizes;
    }

    Moments[] colours() {
        return colours;
    }

    List<FieldFigures> fields() {
        return fields;
    }

    /** How many examples have no label of any field. */
    int withoutLabels() {
        return withoutLabels;
    }

    /** The names of the first of them. */
    List<String> unlabelled() {
        return unlabelled;
    }

    /** By what each image's file is known, and the first example that has it. */
    Map<Fingerprint, String> images() {
        return images;
    }

    /** How many examples have the image of an earlier one. */
    int again() {
        return again;
    }

    /** The first of them, beside the earlier one. */
    List<String> twice() {
        return twice;
    }
}
