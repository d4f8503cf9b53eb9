package io.gimbal.engine;

import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one step did, by task in order: L_i, the weight w_i that the step used, G_i = ||d(w_i L_i)/dW|| (NaN where norms
 * are not measured), how many labels the batch had, and the total sum of w_i L_i. Where the balancing combines
 * gradients, the weight is the coefficient alpha_i of the task's gradient, the norm ||g_i|| without it, and the total
 * sum L_i.
 *
 * @param step           its number, from 0, rejected ones counted
 * @param loss           L_i of each task
 * @param weight         w_i, or alpha_i, of each task
 * @param gradientNorm   G_i, or the norm of g_i, of each task
 * @param labels         what the task's loss is the mean over: labelled places, or their values; 0: the task was absent
 *                       from the batch, and its loss and norm are 0
 * @param total          of all tasks
 * @param learningRate   that the step used
 * @param accepted       whether the step counted; one with a loss, norm or input that is not finite changes nothing,
 *                       nor does one whose gradients are to be clipped and have no finite norm
 * @param fellBack       whether the balancing had no answer, so that it fell back to equal coefficients
 * @param invalidInputs  what the inputs of a step that did not count held and may not hold
 * @param invalidTargets the same of each task's target
 * @param diagnosis      how the gradients lay to each other, where the step's plan asks for it
 */
public record StepRecord(long step, double[] loss, double[] weight, double[] gradientNorm, long[] labels, double total,
        double learningRate, boolean accepted, boolean fellBack, InvalidValues invalidInputs,
        List<InvalidValues> invalidTargets, Optional<Diagnosis> diagnosis) {
    private static final int BY_TASK = 4;
    private static final int OF_THE_STEP = 5;
    private static final int OF_A_PART = 3;

    /** As {@code kernels/record.cuh} has it. */
    static int words(int tasks) {
        return BY_TASK * tasks + OF_THE_STEP + OF_A_PART * (tasks + 1);
    }

    static StepRecord read(DoubleBuffer records, int slot, int tasks, BatchLayout batch,
            Optional<Diagnosis> diagnosis) {
        int at = slot * words(tasks);
        double[][] byTask = new double[BY_TASK][tasks];
        for (double[] figures : byTask) {
            records.get(at, figures);
            at += tasks;
        }
        long[] labels = new long[tasks];
        List<InvalidValues> found = new ArrayList<>();
        for (int part = 0; part <= tasks; part++) {
            found.add(invalid(records, at + OF_THE_STEP + OF_A_PART * part, batch.placesOfAnExample(part)));
            if (part < tasks) {
                labels[part] = (long) byTask[3][part];
            }
        }
        return new StepRecord((long) records.get(at + 3), byTask[0], byTask[1], byTask[2], labels, records.get(at),
                records.get(at + 1), records.get(at + 2) != 0, records.get(at + 4) != 0, found.getFirst(),
                List.copyOf(found.subList(1, found.size())), diagnosis);
    }

    private static InvalidValues invalid(DoubleBuffer records, int at, long placesOfAnExample) {
        return new InvalidValues((long) records.get(at), (int) ((long) records.get(at + 1) / placesOfAnExample),
                records.get(at + 2));
    }

    /**
     * {@return whether the batch had a label for the task}
     *
     * @param task its number
     */
    public boolean present(int task) {
        return labels[task] > 0;
    }
}
