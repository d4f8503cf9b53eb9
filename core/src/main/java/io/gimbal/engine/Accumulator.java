package io.gimbal.engine;

import io.gimbal.graph.Cotangent;
import io.gimbal.graph.Shape;
import io.gimbal.graph.TaskSet;
import io.gimbal.graph.Value;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;

/**
 * The cotangents of one value while its readers hand in their parts: one, or a row for each of several tasks. The first
 * part to arrive is the sum, where it stands; later ones are added to it, in the order of the backward pass. What is
 * handed in for some of the rows goes right into their places, where these may be written to by themselves.
 */
final class Accumulator {
    private final ProgramBuilder program;
    private final Value value;
    private final TaskSet rows;
    private final int kept;
    private final int pitch;
    private final long count;
    private final boolean alignedRows;
    private final int parts;
    private int arrived;
    /** Where three parts or more stand until they are added up at once: one by one would read more. */
    private Region places;
    /** All rows, once any of them has its place. */
    private Cotangent whole;
    private TaskSet filled = TaskSet.NONE;
    private Region sum;
    private Region byTask;

    /**
     * @param rows  the tasks whose rows are kept apart; where they are fewer than two there is one cotangent
     * @param parts how many will be handed in
     * @param pitch elements from place to place
     */
    Accumulator(ProgramBuilder program, Value value, TaskSet rows, int parts, int pitch) {
        this.program = program;
        this.value = value;
        this.rows = rows;
        this.parts = parts;
        this.pitch = pitch;
        kept = Math.max(1, rows.size());
        count = value.shape().places() * pitch;
        alignedRows = count * program.precision().bytes() % Cotangent.ALIGNMENT == 0;
    }

    /** Where a part for those rows may be written: their places, if nothing is there yet, or a tensor of its own. */
    Region target(TaskSet from) {
        if (inPlaces()) {
            return place(arrived);
        }
        if (kept == 1 || from.equals(rows)) {
            return program.elements("cotangent", count * kept);
        }
        boolean free = alignedRows && areAdjacent(from) && from.tasks().noneMatch(filled::contains);
        return free ? row(from) : program.elements("cotangent", count * from.size());
    }

    /** Hands in a part for those rows, row by row. */
    void give(TaskSet from, Region part) {
        arrived++;
        if (inPlaces()) {
            if (part.buffer() != place(0).buffer()) {
                copy(part, place(arrived - 1));
            }
        } else if (kept == 1) {
            giveOnly(part);
        } else if (from.equals(rows) && filled.isEmpty()) {
            whole = Cotangent.byTask(part, kept, value.shape());
            filled = rows;
        } else if (whole != null && part.buffer() == whole.region().buffer()) {
            filled = filled.with(from);
        } else if (from.equals(rows) && whole != null && filled.equals(rows)) {
            add(whole.region(), part, count * kept);
        } else {
            from.tasks().forEach(task -> giveRow(task, program.element(part, count * from.row(task))));
        }
    }

    private boolean inPlaces() {
        return kept == 1 && parts > 2 && alignedRows;
    }

    /** In the order of the readers, of which the last comes first. */
    private Region place(int arrival) {
        if (places == null) {
            places = program.elements("parts of a cotangent", count * parts);
        }
        return program.element(places, count * (parts - 1 - arrival));
    }

    private void giveOnly(Region part) {
        if (whole == null) {
            whole = Cotangent.single(part, pitch);
        } else {
            add(whole.region(), part, count);
        }
    }

    private void giveRow(int task, Region part) {
        Region place = row(TaskSet.of(task));
        if (filled.contains(task)) {
            add(place, part, count);
        } else {
            copy(part, place);
        }
        filled = filled.with(TaskSet.of(task));
    }

    /** Hands in all that there is, in whatever form. */
    void giveWhole(Cotangent cotangent) {
        if (whole != null || !filled.isEmpty()) {
            throw new IllegalStateException("a cotangent of " + value.describe() + " is there already");
        }
        whole = cotangent;
        filled = rows;
        arrived = parts;
    }

    /** Says what the sum of the rows is, where it was made with them. */
    void giveSum(Region known) {
        sum = known;
    }

    /** The cotangents as they are stored, once all parts are there. */
    Cotangent stored() {
        if (arrived < parts) {
            throw new IllegalStateException("a cotangent of " + value.describe() + " is read before every reader has"
                    + " given its part");
        }
        if (places != null && whole == null) {
            whole = Cotangent.single(added(new Cotangent(places, parts, count, pitch)), pitch);
        }
        return whole;
    }

    /** One cotangent, at the value's own pitch: the only one, or the sum of the rows. */
    Region together() {
        Cotangent cotangent = stored();
        if (cotangent.tasks() == 1 && cotangent.placeStride() == pitch) {
            return cotangent.region();
        }
        if (sum == null) {
            sum = added(cotangent);
        }
        return sum;
    }

    private Region added(Cotangent cotangent) {
        Shape shape = value.shape();
        Region added = program.elements("sum of cotangents", shape.elements());
        program.launchPair("elementwise", "sum_tasks", ProgramBuilder.blocks(shape.elements()), cotangent.region(),
                added, shape.places(), shape.channels(), cotangent.tasks(), cotangent.taskStride(),
                (long) cotangent.placeStride(), (long) shape.channels());
        return added;
    }

    /** Puts one cotangent in the place of all that was handed in. */
    void replace(Region combined) {
        stored();
        whole = Cotangent.single(combined, pitch);
        sum = null;
        byTask = null;
    }

    /** All rows, one behind the other. */
    Region byTask() {
        Cotangent cotangent = stored();
        if (cotangent.isByTask(value.shape())) {
            return cotangent.region();
        }
        if (byTask == null) {
            byTask = program.elements("cotangents by task", count * kept);
            for (int row = 0; row < kept; row++) {
                Region from = program.element(cotangent.region(), cotangent.taskStride() * row);
                program.copy(new View(from, cotangent.placeStride()), new View(program.element(byTask, count * row),
                        pitch), value.shape().places(), value.shape().channels());
            }
        }
        return byTask;
    }

    /** A row by itself, where vector loads and cuDNN may read it. */
    Region row(int row) {
        Region place = program.element(byTask(), count * row);
        if (alignedRows) {
            return place;
        }
        Region alone = program.elements("cotangent", count);
        copy(place, alone);
        return alone;
    }

    /** The rows side by side in the channels: [places][rows * channels]. */
    Region packed() {
        Cotangent cotangent = stored();
        Shape shape = value.shape();
        if (cotangent.isPacked(shape)) {
            return cotangent.region();
        }
        Region packed = program.elements("packed cotangents", count * kept);
        program.launchPair("elementwise", "pack_tasks", ProgramBuilder.blocks(count * kept), byTask(), packed,
                shape.places(), shape.channels(), kept);
        return packed;
    }

    private Cotangent stack() {
        if (whole == null) {
            whole = Cotangent.byTask(program.elements("cotangents by task", count * kept), kept, value.shape());
        }
        return whole;
    }

    private Region row(TaskSet from) {
        return program.element(stack().region(), count * firstRow(from));
    }

    private int firstRow(TaskSet from) {
        return rows.row(from.tasks().findFirst().orElseThrow());
    }

    private boolean areAdjacent(TaskSet from) {
        return from.tasks().map(rows::row).max().orElseThrow() - firstRow(from) == from.size() - 1;
    }

    private void add(Region place, Region part, long elements) {
        program.launchPair("elementwise", "add", ProgramBuilder.blocks(elements), place, part, place, elements);
    }

    private void copy(Region from, Region to) {
        Shape shape = value.shape();
        program.copy(new View(from, pitch), new View(to, pitch), shape.places(), shape.channels());
    }
}
