package io.gimbal.engine;

/**
 * What one step did, by task in order: L_i, the weight w_i that the step used, G_i = ||d(w_i L_i)/dW|| (NaN where norms
 * are not measured), and the total sum of w_i L_i.
 *
 * @param accepted whether the step counted; one with a loss or norm that is not finite changes nothing
 */
public record StepRecord(long step, double[] loss, double[] weight, double[] gradientNorm, double total,
        double learningRate,
                         boolean accepted) {
    static int words(int tasks) {
        return 3 * tasks + 4;
    }

    static StepRecord read(java.nio.DoubleBuffer records, int slot, int tasks) {
        int at = slot * words(tasks);
        double[][] byTask = new double[3][tasks];
        for (double[] figures : byTask) {
            records.get(at, figures);
            at += tasks;
        }
        return new StepRecord((long) records.get(at + 3), byTask[0], byTask[1], byTask[2], records.get(at),
                records.get(at + 1),
                records.get(at + 2) != 0);
    }
}
