package io.gimbal.survey;

import io.gimbal.data.Field;
import java.nio.ByteBuffer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What labels of a field there are in some examples. For one thread. */
final class FieldFigures {
    private final Field field;
    private long examples;
    private long labelledExamples;
    private long places;
    private long labelled;
    /** Places of each class. */
    private final long[] ofClass;
    /** Examples that have each class; of points those that show each, of values none. */
    private final long[] examplesOf;
    /** By channel; of classes and points none. */
    private final Moments[] values;
    private boolean flags = true;

    FieldFigures(Field field) {
        this.field = field;
        boolean points = field.kind() == Field.Kind.POINTS;
        ofClass = new long[field.classes()];
        examplesOf = new long[points ? field.channels() : field.classes()];
        values = Stream.generate(Moments::new).limit(points || field.classes() > 0 ? 0 : field.channels())
                .toArray(Moments[]::new);
    }

    /** Of one example, whose labels these are, from index 0 to the buffer's limit. */
    static FieldFigures of(Field field, ByteBuffer labels) {
        FieldFigures figures = new FieldFigures(field);
        figures.examples = 1;
        figures.places = labels.limit() / field.bytesPerPlace();
        switch (field.kind()) {
            case CLASSES -> figures.countClasses(labels);
            case POINTS -> figures.countPoints(labels);
            default -> figures.countValues(labels);
        }
        figures.labelledExamples = figures.labelled > 0 ? 1 : 0;
        return figures;
    }

    private void countClasses(ByteBuffer labels) {
        for (int place = 0; place < places; place++) {
            int number = labels.getInt(Integer.BYTES * place);
            if (number != (int) field.ignore()) {
                labelled++;
                ofClass[number]++;
            }
        }
        for (int number = 0; number < ofClass.length; number++) {
            examplesOf[number] = ofClass[number] > 0 ? 1 : 0;
        }
    }

    private void countPoints(ByteBuffer labels) {
        for (int place = 0; place < places; place++) {
            if (labelled(labels, place)) {
                labelled++;
                for (int channel = 0; channel < field.channels(); channel++) {
                    if (value(labels, place, channel) > 0) {
                        examplesOf[channel] = 1;
                    }
                }
            }
        }
    }

    private void countValues(ByteBuffer labels) {
        for (int place = 0; place < places; place++) {
            if (labelled(labels, place)) {
                labelled++;
                for (int channel = 0; channel < field.channels(); channel++) {
                    float value = value(labels, place, channel);
                    values[channel].add(value);
                    flags &= value == 0 || value == 1;
                }
            }
        }
    }

    private boolean labelled(ByteBuffer labels, int place) {
        for (int channel = 0; channel < field.channels(); channel++) {
            if (value(labels, place, channel) != field.ignore()) {
                return true;
            }
        }
        return false;
    }

    private float value(ByteBuffer labels, int place, int channel) {
        return labels.getFloat(Float.BYTES * (place * field.channels() + channel));
    }

    /** Those of further examples of the same field. */
    void add(FieldFigures more) {
        examples += more.examples;
        labelledExamples += more.labelledExamples;
        places += more.places;
        labelled += more.labelled;
        flags &= more.flags;
        for (int number = 0; number < ofClass.length; number++) {
            ofClass[number] += more.ofClass[number];
        }
        for (int number = 0; number < examplesOf.length; number++) {
            examplesOf[number] += more.examplesOf[number];
        }
        for (int channel = 0; channel < values.length; channel++) {
            values[channel].add(more.values[channel]);
        }
    }

    Field field() {
        return field;
    }

    long examples() {
        return examples;
    }

    long labelledExamples() {
        return labelledExamples;
    }

    /** Labelled places: pixels, or images. */
    long labelled() {
        return labelled;
    }

    /** The part of all places that is labelled, 0 to 1; NaN of no place. */
    double labelledPart() {
        return (double) labelled / places;
    }

    /** The part of the places of labelled examples that is labelled, 0 to 1; NaN where there is none. */
    double labelledPartOfLabelledExamples() {
        return (double) labelled * examples / ((double) places * labelledExamples);
    }

    long ofClass(int number) {
        return ofClass[number];
    }

    /** How many examples have that class, show that point, or have that label of the whole image. */
    long examplesOf(int number) {
        return examplesOf.length > 0 ? examplesOf[number] : Math.round(values[number].count()
                * values[number].mean());
    }

    /** Whether labels of the whole image say of each of several classes whether it is there. */
    boolean severalLabels() {
        return field.kind() == Field.Kind.VALUES && field.wholeImage() && values.length > 1 && labelled > 0
                && flags;
    }

    /** Classes, points or several labels: how many there are to be counted. */
    int counted() {
        return severalLabels() ? values.length : examplesOf.length;
    }

    Moments values(int channel) {
        return values[channel];
    }

    /** How many channels have values; of classes and points none. */
    int channels() {
        return values.length;
    }

    /** Whether there are several values, and all are the same, channel by channel. */
    boolean constant() {
        return values.length > 0 && Stream.of(values).allMatch(Moments::constant)
                || IntStream.range(0, ofClass.length).filter(number -> ofClass[number] > 0).count() == 1
                        && ofClass.length > 1 && labelled > 1;
    }
}
