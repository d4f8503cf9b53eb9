package io.gimbal.survey;

import io.gimbal.config.Faults;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is in the data of a training. Each example is read once, as a network sees it where it is not varied, by several
 * threads; what each has is counted in the data's order, so that the figures are the same each time.
 *
 * @param training   the data to learn from; nothing where they cannot be opened
 * @param validation those to validate on, likewise
 * @param faults     what is broken or missing, each with its file and the remedy
 */
public record Survey(Optional<SetFigures> training, Optional<SetFigures> validation, List<String> faults) {
    private static final int AHEAD_A_THREAD = 4;

    /**
     * Reads all of a data set.
     *
     * @param part   what the configuration calls it
     * @param fields which of its fields are looked at
     * @param faults takes what cannot be read
     * @param step   told of each example, on the calling thread
     */
    static SetFigures read(String part, DataSet data, List<Field> fields, Faults faults, Runnable step) {
        SetFigures figures = new SetFigures(part, data, fields);
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
        ThreadLocal<ExampleReader> readers = ThreadLocal.withInitial(() -> new ExampleReader(data, fields));
        Queue<Future<Example>> ahead = new ArrayDeque<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int index = 0; index < data.size() || !ahead.isEmpty(); index++) {
                if (index < data.size()) {
                    int number = index;
                    ahead.add(pool.submit(() -> readers.get().look(number)));
                }
                if (ahead.size() > AHEAD_A_THREAD * threads || index >= data.size()) {
                    figures.add(result(ahead.remove()), faults);
                    step.run();
                }
            }
        }
        return figures;
    }

    private static Example result(Future<Example> reading) {
        try {
            return reading.get();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof Error error) {
                throw error;
            }
            if (failure.getCause() instanceof RuntimeException exception) {
                throw exception;
            }
            throw new IllegalStateException(failure);
        } catch (InterruptedException interruption) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the data were read", interruption);
        }
    }

    /** What is hardly meant, though nothing is broken, each with what to do. */
    public List<String> suspicions() {
        return Suspicions.of(training, validation);
    }

    /** The figures as tables. */
    public String text() {
        return Stream.of(training, validation).flatMap(Optional::stream).map(SurveyText::of).collect(
                Collectors.joining("\n"));
    }

    /** All of it as JSON. */
    public String json() {
        return SurveyJson.of(this);
    }

    /** Whether nothing is broken or missing. */
    public boolean sound() {
        return faults.isEmpty();
    }
}
