package io.gimbal.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The rule of rows against a backward pass for each task, in float64 over random graphs: sums, gates, parameters that
 * several operations use, several outputs a task.
 */
class RowsTest {
    private static final int GRAPHS = 3000;
    private static final int WIDTH = 2;
    private static final int MOST_TASKS = 4;
    /** Sums in another order; a wrong row is off by the gradient itself. */
    private static final double TOLERANCE = 1e-9;

    /** Its output is the sum of its inputs, or the product of two, times a parameter where it has one. */
    private static final class Node extends Operation {
        private final boolean gate;

        Node(String name, List<Value> inputs, boolean gate, List<Parameter> parameters) {
            super(name, inputs, List.of(Value.leftBy(name, Shape.features(1, WIDTH))), parameters);
            this.gate = gate;
        }

        @Override
        public void forward(Forward pass) {
            throw new UnsupportedOperationException("facts alone are tested");
        }

        @Override
        public void backward(Backward pass) {
            throw new UnsupportedOperationException("facts alone are tested");
        }

        private double before(Numbers numbers, int i) {
            return gate ? numbers.values.get(inputs().get(0))[i] * numbers.values.get(inputs().get(1))[i]
                    : inputs().stream().mapToDouble(value -> numbers.values.get(value)[i]).sum();
        }

        private double factor(Numbers numbers, int i) {
            return parameters().isEmpty() ? 1 : numbers.parameters.get(parameters().getFirst())[i];
        }

        double[] value(Numbers numbers) {
            return each(i -> before(numbers, i) * factor(numbers, i));
        }

        /** The part that the cotangent has in that input; an input that stands twice has two parts. */
        double[] part(Numbers numbers, double[] dy, int input) {
            Value other = gate ? inputs().get(1 - input) : null;
            return each(i -> dy[i] * factor(numbers, i) * (gate ? numbers.values.get(other)[i] : 1));
        }

        double[] gradient(Numbers numbers, double[] dy) {
            return each(i -> dy[i] * before(numbers, i));
        }
    }

    /** A graph's values and parameters in numbers. */
    private static final class Numbers {
        private final Map<Value, double[]> values = new HashMap<>();
        private final Map<Parameter, double[]> parameters = new LinkedHashMap<>();
    }

    private interface Element {
        double at(int i);
    }

    private static double[] each(Element element) {
        return IntStream.range(0, WIDTH).mapToDouble(element::at).toArray();
    }

    private static double[] random(SplittableRandom random) {
        return each(i -> random.nextDouble(-1.5, 1.5));
    }

    private static void add(Map<Integer, double[]> sums, int key, double scale, double[] part) {
        double[] sum = sums.computeIfAbsent(key, unused -> new double[WIDTH]);
        for (int i = 0; i < WIDTH; i++) {
            sum[i] += scale * part[i];
        }
    }

    /** A graph with 1 to 4 tasks, each with one or two outputs, in which every value leads to a loss. */
    private static Graph graph(SplittableRandom random) {
        Value input = Value.input(Shape.features(1, WIDTH));
        List<Parameter> parameters = IntStream.range(0, random.nextInt(1, 5)).mapToObj(i ->
                Parameter.constant("p" + i, 1, WIDTH)).toList();
        List<Value> values = new ArrayList<>(List.of(input));
        List<Operation> operations = new ArrayList<>();
        int count = random.nextInt(4, 14);
        for (int i = 0; i < count; i++) {
            boolean gate = random.nextInt(3) == 0;
            List<Value> read = new ArrayList<>();
            int reads = gate ? 2 : random.nextInt(1, 4);
            for (int k = 0; k < reads; k++) {
                read.add(values.get(random.nextInt(Math.max(0, values.size() - 5), values.size())));
            }
            List<Parameter> own = random.nextInt(2) == 0 ? List.of()
                    : List.of(parameters.get(random.nextInt(parameters.size())));
            operations.add(new Node("n" + i, read, gate, own));
            values.add(operations.getLast().output());
        }
        int tasks = random.nextInt(1, MOST_TASKS + 1);
        List<Output> outputs = new ArrayList<>();
        for (int task = 0; task < tasks; task++) {
            for (int k = random.nextInt(1, 3); k > 0; k--) {
                outputs.add(new Output(values.get(random.nextInt(Math.max(1, values.size() - 6), values.size())),
                        task));
            }
        }
        Tasks behind = Tasks.of(new Graph(input, operations, outputs));
        return new Graph(input, operations.stream().filter(operation -> !behind.behind(operation).isEmpty()).toList(),
                outputs);
    }

    private static Numbers numbers(Graph graph, SplittableRandom random) {
        Numbers numbers = new Numbers();
        numbers.values.put(graph.input(), random(random));
        for (Operation operation : graph.operations()) {
            operation.parameters().forEach(parameter -> numbers.parameters.computeIfAbsent(parameter, unused ->
                    random(random)));
            numbers.values.put(operation.output(), ((Node) operation).value(numbers));
        }
        return numbers;
    }

    /** The loss of an output is half its square. */
    private static double[] ofLoss(Numbers numbers, Output output) {
        return numbers.values.get(output.value());
    }

    /** A task's gradient of every parameter, by a backward pass for it alone. */
    private static Map<Parameter, double[]> alone(Graph graph, Numbers numbers, int task) {
        Map<Value, Map<Integer, double[]>> cotangents = new HashMap<>();
        Map<Parameter, double[]> gradients = new HashMap<>();
        graph.outputs().stream().filter(output -> output.task() == task).forEach(output -> add(cotangents
                .computeIfAbsent(output.value(), unused -> new HashMap<>()), 0, 1, ofLoss(numbers, output)));
        for (Operation operation : graph.operations().reversed()) {
            double[] dy = cotangents.getOrDefault(operation.output(), Map.of()).getOrDefault(0, new double[WIDTH]);
            for (int input = 0; input < operation.inputs().size(); input++) {
                add(cotangents.computeIfAbsent(operation.inputs().get(input), unused -> new HashMap<>()), 0, 1,
                        ((Node) operation).part(numbers, dy, input));
            }
            operation.parameters().forEach(parameter -> gradients.merge(parameter, ((Node) operation).gradient(numbers,
                    dy), (a, b) -> each(i -> a[i] + b[i])));
        }
        return gradients;
    }

    /** One fused backward pass by the rule. */
    private static final class Fused {
        private static final int TOGETHER = -1;

        private final Graph graph;
        private final Numbers numbers;
        private final Set<Parameter> measured;
        private final Tasks tasks;
        private final Rows rows;
        private final Map<Value, Map<Integer, double[]>> cotangents = new HashMap<>();
        /** G of each measured parameter, by task. */
        private final Map<Parameter, Map<Integer, double[]>> byTask = new HashMap<>();
        private final Map<Parameter, double[]> gradients = new HashMap<>();
        private double[] coefficients;
        private int pulledBack;

        Fused(Graph graph, Numbers numbers, Set<Parameter> measured) {
            this.graph = graph;
            this.numbers = numbers;
            this.measured = measured;
            tasks = Tasks.of(graph);
            rows = Rows.of(graph, tasks, new Measurement.OfParameters(measured));
        }

        /** Runs operations with rows first, then, the coefficients being known, the others. */
        void run(double[] solved) {
            for (Output output : graph.outputs()) {
                give(output.value(), output.task(), ofLoss(numbers, output));
            }
            List<Operation> first = graph.operations().reversed().stream().filter(operation ->
                    !rows.of(operation.output()).isEmpty()).toList();
            first.forEach(this::pullBack);
            coefficients = solved;
            graph.operations().reversed().stream().filter(operation -> !first.contains(operation))
                    .forEach(this::pullBack);
            graph.operations().reversed().forEach(this::learn);
        }

        private void give(Value value, int task, double[] part) {
            add(cotangents.computeIfAbsent(value, unused -> new HashMap<>()), task, 1, part);
        }

        private void pullBack(Operation operation) {
            Node node = (Node) operation;
            for (int input = 0; input < operation.inputs().size(); input++) {
                Value value = operation.inputs().get(input);
                if (rows.of(value).isEmpty() && !rows.of(operation.output()).isEmpty() && coefficients == null) {
                    // Kept apart until it is known how to add them up.
                    int at = input;
                    parts(operation).forEach((task, dy) -> give(value, task, node.part(numbers, dy, at)));
                } else if (rows.of(value).isEmpty()) {
                    pulledBack++;
                    give(value, TOGETHER, node.part(numbers, together(operation.output()), input));
                } else {
                    int at = input;
                    parts(operation).forEach((task, dy) -> {
                        assertTrue(rows.of(value).contains(task), "a reader's rows are among the value's");
                        pulledBack++;
                        give(value, task, node.part(numbers, dy, at));
                    });
                }
            }
        }

        private Map<Integer, double[]> parts(Operation operation) {
            return cotangents.getOrDefault(operation.output(), Map.of());
        }

        private double coefficient(int task) {
            return task == TOGETHER ? 1 : coefficients[task];
        }

        private double[] together(Value value) {
            Map<Integer, double[]> sum = new HashMap<>();
            sum.put(0, new double[WIDTH]);
            cotangents.getOrDefault(value, Map.of()).forEach((task, part) -> add(sum, 0, coefficient(task), part));
            return sum.get(0);
        }

        private void learn(Operation operation) {
            for (Parameter parameter : operation.parameters()) {
                Node node = (Node) operation;
                double[] gradient;
                if (tasks.of(parameter).size() == 1) {
                    gradient = node.gradient(numbers, parts(operation).getOrDefault(tasks.of(parameter).tasks()
                            .findFirst().orElseThrow(), new double[WIDTH]));
                } else {
                    gradient = node.gradient(numbers, together(operation.output()));
                }
                gradients.merge(parameter, gradient, (a, b) -> each(i -> a[i] + b[i]));
                if (measured.contains(parameter)) {
                    assertEquals(tasks.behind(operation), rows.of(operation.output()), "what W makes has a row a task");
                    parts(operation).forEach((task, dy) -> add(byTask.computeIfAbsent(parameter, unused ->
                            new HashMap<>()), task, 1, node.gradient(numbers, dy)));
                }
            }
        }
    }

    /** None, each parameter of several tasks, two of them, all. */
    private static Set<Set<Parameter>> choices(Graph graph, SplittableRandom random) {
        Tasks tasks = Tasks.of(graph);
        List<Parameter> shared = graph.operations().stream().flatMap(operation -> operation.parameters().stream())
                .distinct().filter(parameter -> tasks.of(parameter).size() > 1).toList();
        Set<Set<Parameter>> choices = new HashSet<>(List.of(Set.of(), Set.copyOf(shared)));
        shared.forEach(parameter -> choices.add(Set.of(parameter)));
        if (shared.size() > 1) {
            choices.add(Set.of(shared.getFirst(), shared.get(random.nextInt(1, shared.size()))));
        }
        return choices;
    }

    private static int compare(Graph graph, Numbers numbers, Set<Parameter> measured, double[] coefficients) {
        Fused fused = new Fused(graph, numbers, measured);
        fused.run(coefficients);
        List<Map<Parameter, double[]>> alone = IntStream.range(0, MOST_TASKS).mapToObj(task -> alone(graph, numbers,
                task)).toList();
        for (Parameter parameter : numbers.parameters.keySet()) {
            TaskSet own = fused.tasks.of(parameter);
            double[] due = new double[WIDTH];
            for (int task : own.tasks().toArray()) {
                double coefficient = own.size() == 1 ? 1 : coefficients[task];
                double[] gradient = alone.get(task).get(parameter);
                due = each(add(due, coefficient, gradient));
                if (measured.contains(parameter)) {
                    assertArrayEquals(gradient, fused.byTask.get(parameter).getOrDefault(task, new double[WIDTH]),
                            TOLERANCE * (1 + largest(gradient)), "the gradient of task " + task + " alone");
                }
            }
            assertArrayEquals(due, fused.gradients.get(parameter), TOLERANCE * (1 + largest(due)), parameter.name());
        }
        return fused.pulledBack;
    }

    private static Element add(double[] sum, double scale, double[] part) {
        return i -> sum[i] + scale * part[i];
    }

    private static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElseThrow();
    }

    @Test
    void oneFusedPassGivesWhatAPassForEachTaskGives() {
        SplittableRandom random = new SplittableRandom(1);
        int compared = 0;
        int several = 0;
        for (int i = 0; i < GRAPHS; i++) {
            Graph graph = graph(random);
            Numbers numbers = numbers(graph, random);
            double[] coefficients = IntStream.range(0, MOST_TASKS).mapToDouble(task -> random.nextDouble(0.2, 2))
                    .toArray();
            for (Set<Parameter> measured : choices(graph, random)) {
                int pulled = compare(graph, numbers, measured, new double[] {1, 1, 1, 1});
                compare(graph, numbers, measured, coefficients);
                compared++;
                several += pulled > graph.operations().stream().mapToInt(operation -> operation.inputs().size()).sum()
                        ? 1 : 0;
            }
        }
        assertTrue(compared > 2 * GRAPHS, compared + " choices of what is measured");
        assertTrue(several > GRAPHS / 2, several + " passes carried rows");
    }

    @Test
    void rowsAreKeptBehindWhatIsMeasuredAndByOneTaskAlone() {
        Value input = Value.input(Shape.features(1, WIDTH));
        Parameter w = Parameter.constant("w", 1, WIDTH);
        Node before = new Node("before", List.of(input), false, List.of());
        Node shared = new Node("shared", List.of(before.output()), false, List.of(w));
        Node beside = new Node("beside", List.of(before.output()), false, List.of());
        Node joined = new Node("joined", List.of(shared.output(), beside.output()), true, List.of());
        Node head = new Node("head", List.of(joined.output()), false, List.of());
        Graph graph = new Graph(input, List.of(before, shared, beside, joined, head), List.of(
                new Output(head.output(), 1), new Output(joined.output(), 0)));
        Rows rows = Rows.of(graph, Tasks.of(graph), new Measurement.OfParameters(Set.of(w)));
        TaskSet both = TaskSet.of(0).with(TaskSet.of(1));
        assertEquals(TaskSet.NONE, rows.of(before.output()));
        assertEquals(both, rows.of(shared.output()));
        assertEquals(TaskSet.NONE, rows.of(beside.output()), "it lies beside W");
        assertEquals(both, rows.of(joined.output()));
        assertEquals(TaskSet.of(1), rows.of(head.output()));
        Rows unmeasured = Rows.of(graph, Tasks.of(graph), new Measurement.Nothing());
        assertEquals(TaskSet.NONE, unmeasured.of(joined.output()));
        assertEquals(1, unmeasured.kept(joined.output()));
        assertEquals(2, rows.kept(joined.output()));
    }
}
