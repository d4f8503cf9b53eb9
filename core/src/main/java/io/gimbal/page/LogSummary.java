package io.gimbal.page;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.shaded.jackson.core.JsonGenerator;
import io.gimbal.shaded.jackson.core.JsonParser;
import io.gimbal.shaded.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongUnaryOperator;

/**
 * A log of any length in bounded room: at most {@value #MOST} buckets of equally many steps, one each as long as they
 * are no more than that. Whatever figure was highest or lowest anywhere stays to be seen. Not thread-safe.
 */
final class LogSummary {
    static final int MOST = 1024;
    private static final int MOST_TASKS = 32;
    private static final int MOST_REJECTED = 1000;

    /** By task, in the log's order. */
    private final Map<String, OfTask> tasks = new LinkedHashMap<>();
    private final Series total = new Series(MOST);
    private final Series rate = new Series(MOST);
    private final GradientSummary gradients = new GradientSummary(MOST);
    private final LongUnaryOperator epochOf;
    private final List<Long> rejected = new ArrayList<>();
    private long rejections;
    private long last = -1;
    private long width = 1;

    /** A log of which nobody knows how long an epoch is. */
    LogSummary() {
        this(step -> 0);
    }

    /** @param epochOf the number of the epoch that a step belongs to */
    LogSummary(LongUnaryOperator epochOf) {
        this.epochOf = epochOf;
    }

    /** What the log has by task. */
    private record OfTask(Series loss, Series weight, Series norm) {
        OfTask() {
            this(new Series(MOST), new Series(MOST), new Series(MOST));
        }
    }

    /** A figure by task, where it is kept. */
    private interface Kept {
        Series of(OfTask task);
    }

    List<String> tasks() {
        return List.copyOf(tasks.keySet());
    }

    /** How many steps there are. */
    long steps() {
        return last + 1;
    }

    /**
     * Takes the next line in.
     *
     * @throws UserException if it cannot be of a run's log
     */
    void add(JsonParser json) throws IOException {
        int bucket = -1;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            if (bucket < 0 && !name.equals("step")) {
                throw new UserException("must begin with its 'step', and begins with " + Names.quote(name) + ".");
            }
            switch (name) {
                case "step" -> bucket = begin(json);
                case "loss" -> byTask(json, bucket, OfTask::loss);
                case "weight" -> byTask(json, bucket, OfTask::weight);
                case "grad_norm" -> byTask(json, bucket, OfTask::norm);
                case "total" -> total.add(bucket, number(json));
                case "lr" -> rate.add(bucket, number(json));
                case "cosine" -> cosines(json, bucket);
                case "condition" -> gradients.addCondition(bucket, number(json));
                case "accepted" -> accepted(json.currentToken() == JsonToken.VALUE_TRUE);
                default -> json.skipChildren();
            }
        }
    }

    private int begin(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT || json.getLongValue() <= last) {
            throw new UserException("its step is " + json.getText() + ", but must be a number above " + last
                    + ", which was the one before.");
        }
        last = json.getLongValue();
        while (last / width >= MOST) {
            width *= 2;
            total.halve();
            rate.halve();
            gradients.halve();
            tasks.values().forEach(task -> {
                task.loss.halve();
                task.weight.halve();
                task.norm.halve();
            });
        }
        return (int) (last / width);
    }

    private void cosines(JsonParser json, int bucket) throws IOException {
        requireObject(json, "pair of tasks");
        List<String> names = new ArrayList<>();
        List<Double> values = new ArrayList<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            names.add(json.currentName());
            json.nextToken();
            values.add(number(json));
        }
        gradients.add(bucket, last, epochOf.applyAsLong(last), names,
                values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static void requireObject(JsonParser json, String each) throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw new UserException("holds " + json.getText() + ", where a figure for each " + each + " must stand.");
        }
    }

    private void byTask(JsonParser json, int bucket, Kept kept) throws IOException {
        requireObject(json, "task");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            if (!tasks.containsKey(name) && tasks.size() == MOST_TASKS) {
                throw new UserException("has more than " + MOST_TASKS + " tasks.");
            }
            OfTask task = tasks.computeIfAbsent(name, unknown -> new OfTask());
            json.nextToken();
            kept.of(task).add(bucket, number(json));
        }
    }

    private static double number(JsonParser json) throws IOException {
        return switch (json.currentToken()) {
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> json.getDoubleValue();
            case VALUE_NULL -> Double.NaN;
            default -> throw new UserException("holds " + json.getText() + ", where a number or null must stand.");
        };
    }

    private void accepted(boolean accepted) {
        if (!accepted) {
            rejections++;
            if (rejected.size() < MOST_REJECTED) {
                rejected.add(last);
            }
        }
    }

    private int buckets() {
        return last < 0 ? 0 : (int) (last / width) + 1;
    }

    /**
     * A picture of how the gradients lie to each other, as SVG; empty where the log does not tell.
     *
     * @param styles the report's style sheet, for its colours
     */
    Optional<String> gradientPicture(String title, String styles) {
        if (!gradients.any()) {
            return Optional.empty();
        }
        List<Series> norms = tasks.values().stream().map(OfTask::norm).toList();
        return Optional.of(GradientPicture.of(new GradientPicture.Log(title, tasks(), gradients.means(),
                gradients.over(), gradients.cosineLines(buckets()), gradients.conditionLine(buckets()),
                GradientPicture.lines(tasks(), norms, buckets()), width, styles)));
    }

    /** Writes all of it as an object. */
    void write(JsonGenerator json) throws IOException {
        int buckets = buckets();
        json.writeStartObject();
        json.writeNumberField("width", width);
        json.writeNumberField("buckets", buckets);
        figures(json, "loss", buckets, OfTask::loss);
        figures(json, "weight", buckets, OfTask::weight);
        figures(json, "norm", buckets, OfTask::norm);
        json.writeFieldName("total");
        total.write(json, buckets, width == 1);
        json.writeFieldName("rate");
        rate.write(json, buckets, width == 1);
        json.writeFieldName("gradients");
        gradients.write(json, buckets, width == 1);
        json.writeNumberField("rejections", rejections);
        json.writeArrayFieldStart("rejected");
        for (long step : rejected) {
            json.writeNumber(step);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void figures(JsonGenerator json, String name, int buckets, Kept kept) throws IOException {
        json.writeArrayFieldStart(name);
        for (OfTask task : tasks.values()) {
            kept.of(task).write(json, buckets, width == 1);
        }
        json.writeEndArray();
    }
}
