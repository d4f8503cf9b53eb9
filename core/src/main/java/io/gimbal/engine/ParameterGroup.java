package io.gimbal.engine;

import io.gimbal.config.NamePattern;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import io.gimbal.graph.Parameter;
import java.util.List;

/**
 * Parameters that an optimiser moves at another rate, or decays otherwise, than the rest. Where the patterns of several
 * groups fit a parameter, their factors multiply.
 *
 * @param pattern     of parameters' names, in which {@code *} stands for any letters, dots too: {@code heads.*}
 * @param rateFactor  what multiplies the learning rate; at least 0
 * @param decayFactor what multiplies the weight decay; at least 0
 */
public record ParameterGroup(String pattern, double rateFactor, double decayFactor) {
    /** Checks each part. */
    public ParameterGroup {
        new NamePattern(pattern);
        Range.NON_NEGATIVE.check("rateFactor", rateFactor);
        Range.NON_NEGATIVE.check("decayFactor", decayFactor);
    }

    /** What multiplies a parameter's rate and decay. */
    record Factors(float rate, float decay) {
    }

    /**
     * Refuses groups that are not of a network.
     *
     * @param groups of one optimiser
     * @param graph  the network
     * @return the groups
     * @throws UserException naming a group that no parameter belongs to, or a parameter whose factors float32 cannot
     *                       hold, or where there are more different factors than 256
     */
    public static List<ParameterGroup> checked(List<ParameterGroup> groups, NetworkGraph graph) {
        List<String> names = graph.parameters().stream().map(Parameter::name).toList();
        groups.forEach(group -> new NamePattern(group.pattern).among(names, "the optimizer's group", "parameter"));
        long different = names.stream().map(name -> factors(groups, name)).distinct().count();
        if (different > GroupTable.MOST) {
            throw new UserException("the optimizer's groups give the network's parameters " + different
                    + " different pairs of factors; at most " + GroupTable.MOST + " may be.");
        }
        return groups;
    }

    static Factors factors(List<ParameterGroup> groups, String name) {
        double rate = 1;
        double decay = 1;
        for (ParameterGroup group : groups) {
            if (new NamePattern(group.pattern).fits(name)) {
                rate *= group.rateFactor;
                decay *= group.decayFactor;
            }
        }
        Range.NON_NEGATIVE.check("the product of the groups' rateFactor for " + name, rate);
        Range.NON_NEGATIVE.check("the product of the groups' decayFactor for " + name, decay);
        return new Factors((float) rate, (float) decay);
    }
}
