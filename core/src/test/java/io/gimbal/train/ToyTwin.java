package io.gimbal.train;

import java.util.LinkedHashMap;
import java.util.Map;

/** {@link ToyProblem}'s network and its optimisers in float64, by the formulas, with both tasks weighted alike. */
final class ToyTwin {
    private static final int HIDDEN = 16;
    private static final int CLASSES = 2;

    /** The parameters by name, as they are now. */
    final Map<String, double[]> parameters = new LinkedHashMap<>();

    ToyTwin(Map<String, float[]> start) {
        start.forEach((name, values) -> parameters.put(name, wide(values)));
    }

    private static double[] wide(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    /** The gradients of the sum of the two losses. */
    Map<String, double[]> gradients(Examples batch) {
        Map<String, double[]> gradients = new LinkedHashMap<>();
        parameters.forEach((name, values) -> gradients.put(name, new double[values.length]));
        for (int example = 0; example < ToyProblem.BATCH; example++) {
            add(gradients, batch, example);
        }
        return gradients;
    }

    private void add(Map<String, double[]> gradients, Examples batch, int example) {
        double[] x = new double[ToyProblem.FEATURES];
        for (int i = 0; i < x.length; i++) {
            x[i] = batch.inputs()[example * x.length + i];
        }
        double[] hidden = forward("trunk.0", x, HIDDEN);
        for (int i = 0; i < HIDDEN; i++) {
            hidden[i] = Math.tanh(hidden[i]);
        }
        double[] line = forward("heads.line.0", hidden, 1);
        line[0] = 2 * (line[0] - batch.values().get("line")[example]) / ToyProblem.BATCH;
        double[] side = forward("heads.side.0", hidden, CLASSES);
        double sum = Math.exp(side[0]) + Math.exp(side[1]);
        for (int k = 0; k < CLASSES; k++) {
            int truth = batch.classes().get("side")[example] == k ? 1 : 0;
            side[k] = (Math.exp(side[k]) / sum - truth) / ToyProblem.BATCH;
        }
        double[] back = new double[HIDDEN];
        backward("heads.line.0", gradients, hidden, line, back);
        backward("heads.side.0", gradients, hidden, side, back);
        for (int i = 0; i < HIDDEN; i++) {
            back[i] *= 1 - hidden[i] * hidden[i];
        }
        backward("trunk.0", gradients, x, back, new double[x.length]);
    }

    private double[] forward(String layer, double[] x, int outs) {
        double[] weight = parameters.get(layer + ".weight");
        double[] y = parameters.get(layer + ".bias").clone();
        for (int out = 0; out < outs; out++) {
            for (int in = 0; in < x.length; in++) {
                y[out] += weight[out * x.length + in] * x[in];
            }
        }
        return y;
    }

    private void backward(String layer, Map<String, double[]> gradients, double[] x, double[] dy, double[] dx) {
        double[] weight = parameters.get(layer + ".weight");
        for (int out = 0; out < dy.length; out++) {
            gradients.get(layer + ".bias")[out] += dy[out];
            for (int in = 0; in < x.length; in++) {
                gradients.get(layer + ".weight")[out * x.length + in] += dy[out] * x[in];
                dx[in] += dy[out] * weight[out * x.length + in];
            }
        }
    }
}
