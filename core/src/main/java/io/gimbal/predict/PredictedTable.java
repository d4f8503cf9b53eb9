package io.gimbal.predict;

import io.gimbal.config.FileFailures;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.shaded.fastcsv.writer.CsvWriter;
import io.gimbal.source.CsvFile;
import io.gimbal.storage.AtomicFile;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The rows of a table's file, and what is predicted of each, to be written as a table: behind its own columns stand
 * {@code predicted.TASK}, the class's name or the value in the table's units; of a class {@code
 * predicted.TASK.probability}, too; of several values {@code predicted.TASK.NAME} for each. Immutable.
 */
public final class PredictedTable {
    private static final String PREDICTED = "predicted.";
    /** One is predicted, one waits behind it, and one is being read. */
    private static final int BATCHES_AHEAD = 3;

    private final CsvFile table;
    private final List<Field> fields;
    private final List<String> columns;

    private PredictedTable(CsvFile table, List<Field> fields, List<String> columns) {
        this.table = table;
        this.fields = fields;
        this.columns = columns;
    }

    /** What becomes of rows, told to the thread that predicts them. */
    public interface Work {
        /**
         * A row cannot be read: nothing is predicted of it.
         *
         * @param why names file, line and column
         */
        void refused(UserException why);

        /**
         * So many rows are done.
         *
         * @param count of all, the refused among them
         */
        void done(int count);
    }

    /**
     * Reads a table.
     *
     * @param file  a CSV or TSV, as a training's
     * @param model by which its rows will be predicted
     * @return it
     * @throws UserException if it cannot be read, has not all of {@link Model#columns}, or has one that is called as
     *                       what is predicted; names the file
     */
    public static PredictedTable read(Path file, Model model) {
        if (model.columns().isEmpty()) {
            throw new UserException(file + ": the model did not learn from a table (data.source \"table\"), and knows"
                    + " no columns.");
        }
        CsvFile table = CsvFile.read(file);
        model.table().orElseThrow().requireColumns(table.columns(), file.toString());
        List<String> columns = new ArrayList<>(table.columns());
        for (String added : model.fields().stream().flatMap(PredictedTable::columns).toList()) {
            if (columns.contains(added)) {
                throw new UserException(file + ": a column is called " + Names.quote(added) + ", as what is predicted:"
                        + " rename it, or take the results of an earlier prediction out.");
            }
            columns.add(added);
        }
        return new PredictedTable(table, model.fields(), List.copyOf(columns));
    }

    private static Stream<String> columns(Field field) {
        String name = PREDICTED + field.name();
        if (field.kind() == Field.Kind.CLASSES) {
            return Stream.of(name, name + ".probability");
        }
        return field.channels() == 1 ? Stream.of(name) : IntStream.range(0, field.channels())
                .mapToObj(channel -> name + "." + field.nameOf(channel));
    }

    /** {@return how many rows it has} */
    public int rows() {
        return table.rows().size();
    }

    /**
     * Predicts its rows and writes the table, whole or not at all. A row that cannot be read has empty cells there.
     *
     * @param predictor by the model that it was read for
     * @param out       the file, which is replaced where it is there
     * @param work      told of the rows
     * @throws InterruptedException if the thread is interrupted; then nothing is written
     * @throws UserException        if the file cannot be written
     */
    public void write(Predictor predictor, Path out, Work work) throws InterruptedException {
        List<List<String>> predicted = predict(predictor, work);
        makeFolder(out.toAbsolutePath().getParent());
        AtomicFile.write(out, -1, channel -> {
            Writer writer = Channels.newWriter(channel, StandardCharsets.UTF_8);
            CsvWriter csv = CsvWriter.builder().build(writer);
            csv.writeRecord(columns);
            for (int row = 0; row < predicted.size(); row++) {
                List<String> cells = new ArrayList<>(table.rows().get(row).cells());
                cells.addAll(predicted.get(row));
                csv.writeRecord(cells);
            }
            flush(csv, writer);
        });
    }

    private static void makeFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw FileFailures.of(folder, "the folder cannot be made", e);
        }
    }

    private static void flush(CsvWriter csv, Writer writer) throws IOException {
        csv.flush();
        writer.flush();
    }

    private List<List<String>> predict(Predictor predictor, Work work) throws InterruptedException {
        List<List<String>> predicted = new ArrayList<>(rows());
        Deque<CompletableFuture<RowPrediction>> underWay = new ArrayDeque<>();
        try {
            for (CsvFile.Row row : table.rows()) {
                if (underWay.size() == BATCHES_AHEAD * predictor.batch()) {
                    // Rows that cannot be read fill no batch.
                    if (underWay.stream().filter(request -> !request.isDone()).count() < predictor.batch()) {
                        predictor.completeForNow();
                    }
                    predicted.add(cells(underWay.removeFirst(), work));
                    work.done(predicted.size());
                }
                underWay.add(predictor.submit(RowSource.of(table.byColumn(row), table.file() + ", line "
                        + row.line())));
            }
            predictor.completeForNow();
            while (!underWay.isEmpty()) {
                predicted.add(cells(underWay.removeFirst(), work));
                work.done(predicted.size());
            }
            return predicted;
        } finally {
            underWay.forEach(givenUp -> givenUp.cancel(false));
        }
    }

    private List<String> cells(CompletableFuture<RowPrediction> request, Work work) throws InterruptedException {
        try {
            RowPrediction prediction = request.get();
            return fields.stream().flatMap(field -> cells(prediction.task(field.name()))).toList();
        } catch (ExecutionException e) {
            RuntimeException failure = FailedRequest.cause(e);
            if (failure instanceof UserException unreadable) {
                work.refused(unreadable);
                return Collections.nCopies(columns.size() - table.columns().size(), "");
            }
            throw failure;
        }
    }

    private static Stream<String> cells(TaskPrediction task) {
        return switch (task) {
            case TaskPrediction.ImageClass one -> Stream.of(one.name(), one.number() < 0 ? "" : text((float)
                    one.probabilities()[one.number()]));
            case TaskPrediction.ImageValues several -> IntStream.range(0, several.values().length)
                    .mapToObj(channel -> text(several.values()[channel]));
            default -> throw new IllegalArgumentException(task.field() + " is of pixels");
        };
    }

    /** What is not finite is no number of a table. */
    private static String text(float value) {
        return Float.isFinite(value) ? Float.toString(value) : "";
    }
}
