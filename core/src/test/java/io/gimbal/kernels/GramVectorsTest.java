package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.kernels.CombiningRule.Answer;
import io.gimbal.kernels.CombiningRule.Tasks;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;

/**
 * The kernels give what the numerical reference gives for its Gram matrices, {@code gram_vectors.json}: alpha within
 * 1e-6 of its largest element, for losses there are doubles and here floats; where other alpha give the same combined
 * gradient, that gradient within 1e-6 of its length.
 */
@OnKernelDevice
class GramVectorsTest {
    private static final double TOLERANCE = 1e-6;
    /** Of gradvac's averages, which are cosines. */
    private static final double AVERAGES = 1e-9;
    private static final List<String> NORMALIZE = List.of("none", "l2", "loss", "loss+");
    private static final List<String> SCALE = List.of("min", "median", "rmse");

    private static JsonNode vectors;
    private static final Map<String, JsonNode> GRAMS = new HashMap<>();

    @BeforeAll
    static void read() throws IOException {
        try (InputStream file = GramVectorsTest.class.getResourceAsStream("/gram_vectors.json")) {
            JsonNode root = new ObjectMapper().readTree(file);
            assertEquals(CombiningRule.SEED, root.get("seed").asLong());
            assertEquals(CombiningRule.STEP, root.get("step").asLong());
            root.get("grams").forEach(gram -> GRAMS.put(gram.get("name").asText(), gram));
            vectors = root.get("vectors");
        }
    }

    @EachWay
    void everyRuleGivesWhatTheReferenceGives(Way way) {
        int compared = 0;
        try (KernelRun run = new KernelRun(way)) {
            for (JsonNode vector : vectors) {
                compare(run, GRAMS.get(vector.get("gram").asText()), vector);
                compared++;
            }
        }
        assertTrue(compared > 1000, "only " + compared + " vectors were compared");
    }

    private static void compare(KernelRun run, JsonNode gram, JsonNode vector) {
        String what = vector.get("method").asText() + " " + vector.get("options") + " of "
                + vector.get("gram").asText();
        double[] matrix = doubles(gram.get("gram"));
        int n = gram.get("losses").size();
        float[] losses = new float[n];
        for (int i = 0; i < n; i++) {
            losses[i] = (float) gram.get("losses").get(i).asDouble();
        }
        int[] counts = new int[n];
        Arrays.fill(counts, 1);
        JsonNode options = vector.get("options");
        double[] averages = new double[n * n];
        Arrays.fill(averages, options.path("target").asDouble());
        Answer answer = rule(vector).solve(run, 1, new Tasks(matrix, losses, counts), averages,
                own(vector.get("method").asText(), options));
        assertEquals(!vector.get("defined").asBoolean(), answer.fellBack(), () -> "whether without an answer: " + what);
        double[] expected = doubles(vector.get("alpha"));
        double off = vector.path("unique").asBoolean(true) ? difference(expected, answer.coefficients())
                : combinedDifference(matrix, expected, answer.coefficients());
        assertTrue(off <= TOLERANCE, () -> what + " is off by " + off + ": " + Arrays.toString(answer.coefficients())
                + " where the reference has " + Arrays.toString(expected));
        if (vector.has("target_after")) {
            double[] after = doubles(vector.get("target_after"));
            for (int k = 0; k < after.length; k++) {
                assertEquals(after[k], answer.moved()[k], AVERAGES, "average " + k + " after " + what);
            }
        }
    }

    private static CombiningRule rule(JsonNode vector) {
        String method = vector.get("method").asText();
        return method.equals("nash") ? CombiningRule.FAIRGRAD
                : CombiningRule.valueOf(method.toUpperCase(Locale.ROOT));
    }

    private static Object[] own(String method, JsonNode options) {
        return switch (method) {
            case "mgda" -> new Object[] {NORMALIZE.indexOf(options.get("normalize").asText())};
            case "cagrad" -> new Object[] {options.get("c").asDouble(), options.get("rescale").asInt()};
            case "nash" -> new Object[] {1.0};
            case "fairgrad" -> new Object[] {options.get("alpha").asDouble()};
            case "aligned" -> new Object[] {SCALE.indexOf(options.get("scale").asText())};
            case "upgrad", "dualproj" -> new Object[] {options.get("regularize").asDouble()};
            case "gradvac" -> new Object[] {options.get("beta").asDouble()};
            default -> new Object[0];
        };
    }

    private static double[] doubles(JsonNode numbers) {
        double[] flat = new double[numbers.size() * Math.max(1, numbers.path(0).size())];
        for (int i = 0; i < numbers.size(); i++) {
            JsonNode row = numbers.get(i);
            if (row.isNumber()) {
                flat[i] = row.asDouble();
            }
            for (int j = 0; j < row.size(); j++) {
                flat[i * row.size() + j] = row.get(j).asDouble();
            }
        }
        return flat;
    }

    /** The largest difference beside the largest of what is expected; where that is 0, by itself. */
    private static double difference(double[] expected, double[] found) {
        double largest = 0;
        double off = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            off = Math.max(off, Double.isNaN(found[i]) ? Double.POSITIVE_INFINITY : Math.abs(expected[i] - found[i]));
        }
        return largest > 0 ? off / largest : off;
    }

    /** The combined gradients' difference beside what is expected or, where that is 0, beside the longest gradient. */
    private static double combinedDifference(double[] gram, double[] expected, double[] found) {
        int n = expected.length;
        double[] difference = new double[n];
        double longest = 0;
        for (int i = 0; i < n; i++) {
            difference[i] = found[i] - expected[i];
            longest = Math.max(longest, gram[i * n + i]);
        }
        double size = form(gram, expected);
        double beside = size > 0 ? size : longest;
        double off = form(gram, difference);
        return Double.isNaN(off) ? Double.POSITIVE_INFINITY : beside > 0 ? Math.sqrt(Math.max(0, off) / beside) : 0;
    }

    private static double form(double[] gram, double[] x) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < x.length; j++) {
                sum += x[i] * gram[i * x.length + j] * x[j];
            }
        }
        return sum;
    }
}
