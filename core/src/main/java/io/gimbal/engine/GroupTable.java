package io.gimbal.engine;

import io.gimbal.graph.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The factors of each parameter's rate and decay, as {@code optimizer.cu} reads them.
 *
 * @param groups  for each run of {@link Parameter#ALIGNMENT_WORDS} words of the flat parameters the number of its group
 * @param factors by group: of the rate, of the decay
 */
record GroupTable(byte[] groups, float[] factors) {
    /** As many as a byte can number. */
    static final int MOST = 256;

    static GroupTable of(List<ParameterGroup> groups, ModelLayout model) {
        byte[] table = new byte[Math.toIntExact(model.parameterWords() / Parameter.ALIGNMENT_WORDS)];
        List<ParameterGroup.Factors> different = new ArrayList<>();
        for (Parameter parameter : model.graph().parameters()) {
            ParameterGroup.Factors own = ParameterGroup.factors(groups, parameter.name());
            if (!different.contains(own)) {
                different.add(own);
            }
            PlacedParameter placed = model.placed(parameter);
            int from = Math.toIntExact(placed.offset() / Parameter.ALIGNMENT_WORDS);
            int end = Math.toIntExact((placed.offset() + ModelLayout.roundUp(placed.count()))
                    / Parameter.ALIGNMENT_WORDS);
            Arrays.fill(table, from, end, (byte) different.indexOf(own));
        }
        float[] factors = new float[2 * different.size()];
        for (int group = 0; group < different.size(); group++) {
            factors[2 * group] = different.get(group).rate();
            factors[2 * group + 1] = different.get(group).decay();
        }
        return new GroupTable(table, factors);
    }
}
