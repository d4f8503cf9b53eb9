package io.gimbal.arrow;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.Normalisation;
import io.gimbal.graph.Shape;
import io.gimbal.loss.TaskSpec;
import io.gimbal.train.Examples;
import io.gimbal.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;

/**
 * One pass over record batches of Apache Arrow, as the batches that a trainer takes. A row is an example; record
 * batches may have any numbers of rows, none too, and are cut and joined into the trainer's. Rows that are left at the
 * end and fill no batch are not trained on: {@link #remainder()} counts them.
 *
 * <pre>{@code
 * try (ArrowReader reader = new ArrowStreamReader(stream, allocator)) {
 *     trainer.train(ArrowBatches.of(trainer, "image", reader), steps, listener);
 * }
 * }</pre>
 *
 * <p><b>Columns.</b> The inputs are a column that is named; each task's target is the column called as the task's field
 * is ({@link TaskSpec#field()}, the task's name if nothing else was said). Other columns are passed over. A row of a
 * column is one number, a list of as many as there are, or lists in lists of the extents height, width, channels, in
 * this order (of one channel, height and width will do): lists of a fixed size, lists, and large lists. A tensor of a
 * fixed shape ({@code arrow.fixed_shape_tensor}) must say these extents, too; one of channels, height, width is
 * refused, by its shape. Numbers are floats of 16, 32 or 64 bits, booleans, or integers of at most 64 bits (without
 * sign, 32); class numbers are no floats.
 *
 * <p><b>Images of bytes.</b> Inputs without sign of 8 bits are pixels, and need {@link #normalised}.
 *
 * <p><b>Nulls.</b> A target that is null has no label: it becomes what the task's loss ignores. Where the loss ignores
 * nothing, and in inputs and within lists, null is refused.
 *
 * <p>What is refused is a {@link UserException} that names the column and, counted from 0 over all record batches, the
 * row. The reader stays the caller's, who closes it when the training has ended. For one thread, the trainer's.
 */
public final class ArrowBatches implements Iterator<Examples> {
    private final Trainer trainer;
    private final String input;
    private final VectorSchemaRoot root;
    private final NextBatch source;
    private Normalisation normalisation;
    private List<Column> columns;
    /** Rows of earlier record batches. */
    private long before;
    /** Rows of this one, and the next of them. */
    private int rows;
    private int row;
    private Examples ready;
    private boolean ended;
    /** What it ended by: rows that were read before it are not to be passed over without a word. */
    private RuntimeException failure;
    private int remainder;

    private ArrowBatches(Trainer trainer, String input, VectorSchemaRoot root, NextBatch source) {
        this.trainer = Objects.requireNonNull(trainer, "trainer is null");
        this.input = Objects.requireNonNull(input, "input is null");
        this.root = Objects.requireNonNull(root, "root is null");
        this.source = Objects.requireNonNull(source, "source is null");
    }

    /** How record batches follow each other. */
    @FunctionalInterface
    public interface NextBatch {
        /**
         * Puts the next record batch into the same vectors.
         *
         * @return whether there was one
         * @throws IOException if it cannot be read
         */
        boolean load() throws IOException;
    }

    /**
     * The record batches of a stream or a file, from where the reader stands.
     *
     * @param trainer whose network, tasks and size of a batch it is
     * @param input   the column of the network's inputs
     * @param reader  such as an {@code ArrowStreamReader} or an {@code ArrowFileReader}
     * @return an iterator for one pass
     * @throws UncheckedIOException if the schema cannot be read
     */
    public static ArrowBatches of(Trainer trainer, String input, ArrowReader reader) {
        try {
            return of(trainer, input, reader.getVectorSchemaRoot(), reader::loadNextBatch);
        } catch (IOException unreadable) {
            throw unreadable(unreadable);
        }
    }

    /**
     * Record batches from elsewhere, such as a Flight: {@code of(trainer, "image", flight.getRoot(), flight::next)}.
     *
     * @param trainer whose network, tasks and size of a batch it is
     * @param input   the column of the network's inputs
     * @param root    the vectors that each record batch is put into, the same all the time
     * @param source  puts the next one there, and the first at its first call
     * @return an iterator for one pass
     */
    public static ArrowBatches of(Trainer trainer, String input, VectorSchemaRoot root, NextBatch source) {
        return new ArrowBatches(trainer, input, root, source);
    }

    /**
     * Says what the network sees of pixels, 8 bits without sign. Inputs of other numbers are taken as they are.
     *
     * @param given what the network is trained with, and must predict with
     * @return this
     * @throws IllegalStateException if batches were taken already
     */
    public ArrowBatches normalised(Normalisation given) {
        if (columns != null) {
            throw new IllegalStateException("batches were taken already");
        }
        normalisation = Objects.requireNonNull(given, "the normalisation is null");
        return this;
    }

    /**
     * {@return whether there is another batch} Reads until it is full, or the record batches end. What it failed by
     * once it fails by again.
     *
     * @throws UserException        if a column is missing or of another kind, or a row holds what may not stand there
     * @throws UncheckedIOException if the source cannot be read
     */
    @Override
    public boolean hasNext() {
        if (failure != null) {
            throw failure;
        }
        if (ready == null && !ended) {
            try {
                fill();
            } catch (RuntimeException e) {
                failure = e;
                throw e;
            }
        }
        return ready != null;
    }

    @Override
    public Examples next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the record batches are at their end");
        }
        Examples batch = ready;
        ready = null;
        return batch;
    }

    /** {@return how many rows were left at the end, too few for a batch; 0 before} */
    public int remainder() {
        return remainder;
    }

    private void fill() {
        if (columns == null) {
            columns = columns();
        }
        int size = trainer.step().layout().input().batch();
        Map<Column, Object> arrays = new HashMap<>();
        columns.forEach(column -> arrays.put(column, column.room(size)));
        int filled = 0;
        while (filled < size) {
            if (row == rows && !load()) {
                ended = true;
                remainder = filled;
                return;
            }
            int count = Math.min(size - filled, rows - row);
            for (Column column : columns) {
                column.copy(row, count, before, arrays.get(column), filled);
            }
            row += count;
            filled += count;
        }
        ready = examples(arrays);
    }

    private boolean load() {
        before += rows;
        row = 0;
        rows = 0;
        try {
            if (!source.load()) {
                return false;
            }
        } catch (IOException unreadable) {
            throw unreadable(unreadable);
        }
        rows = root.getRowCount();
        columns.forEach(Column::loaded);
        return true;
    }

    private static UncheckedIOException unreadable(IOException failure) {
        return new UncheckedIOException("the record batches cannot be read: " + failure.getMessage(), failure);
    }

    private Examples examples(Map<Column, Object> arrays) {
        Map<String, float[]> values = new HashMap<>();
        Map<String, int[]> classes = new HashMap<>();
        for (int task = 0; task < trainer.tasks().size(); task++) {
            String name = trainer.tasks().get(task).name();
            switch (arrays.get(columns.get(1 + task))) {
                case int[] numbers -> classes.put(name, numbers);
                case Object floats -> values.put(name, (float[]) floats);
            }
        }
        return new Examples((float[]) arrays.get(columns.getFirst()), values, classes);
    }

    /** That of the inputs, then the tasks' in their order. */
    private List<Column> columns() {
        List<Column> found = new ArrayList<>();
        Shape shape = trainer.step().layout().input();
        found.add(new InputColumn(elements(input, "the network's inputs", shape), shape, Optional.ofNullable(
                normalisation)));
        for (int number = 0; number < trainer.tasks().size(); number++) {
            TaskSpec task = trainer.tasks().get(number);
            var layout = trainer.step().layout().target(number);
            Shape prediction = trainer.step().graph().prediction(number);
            Shape target = new Shape(prediction.batch(), prediction.height(), prediction.width(), layout.channels(),
                    prediction.flat());
            Elements elements = elements(task.field(), "the target of task " + Names.quote(task.name()), target);
            found.add(layout.ofClasses() ? new ClassColumn(elements, task.loss()) : new ValueColumn(elements, layout
                    .ignore()));
        }
        return found;
    }

    private Elements elements(String column, String what, Shape shape) {
        FieldVector vector = root.getVector(column);
        if (vector == null) {
            List<String> names = root.getSchema().getFields().stream().map(field -> field.getName()).toList();
            throw new UserException("The record batches have no column " + Names.quote(column) + ", which is due as "
                    + what + "." + Names.hint(column, names) + " They have: " + Names.list(names) + ".");
        }
        return new Elements(vector, what, shape);
    }
}
