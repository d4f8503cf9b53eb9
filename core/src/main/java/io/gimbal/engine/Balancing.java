package io.gimbal.engine;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import java.util.List;
import java.util.Optional;

/**
 * A rule that keeps tasks in step: by weights of their losses, or by how their gradients are combined. Implementations
 * are immutable; all that a rule keeps from step to step lies on the device.
 */
public interface Balancing {
    /** Of what the tasks' gradients are measured. */
    enum Measured {
        /** Nothing. */
        NOTHING,
        /** W, the parameters that {@code model.shared} names. */
        SHARED,
        /** All parameters on which every task depends. */
        PARAMETERS,
        /** Z, the value that {@code model.representation} names; the rule combines these gradients. */
        REPRESENTATION,
        /**
         * All parameters before Z or, in a network whose paths meet nowhere, those on which all tasks depend; the rule
         * combines these gradients.
         */
        UPSTREAM;

        /** {@return whether the network's step takes the gradients as the rule combines them, in place of their sum} */
        public boolean combined() {
            return this == REPRESENTATION || this == UPSTREAM;
        }
    }

    /**
     * What a rule is put to.
     *
     * @param tasks      in order
     * @param criteria   the tasks' losses, in the same order
     * @param epochSteps how many steps an epoch has; 0 where that is not known
     */
    record Setting(List<String> tasks, List<Criterion> criteria, int epochSteps) {
        /** Keeps copies of the lists. */
        public Setting {
            tasks = List.copyOf(tasks);
            criteria = List.copyOf(criteria);
        }
    }

    /**
     * Refuses a network whose tasks the rule does not fit; by default any will do.
     *
     * @param tasks the network's, in order
     * @throws io.gimbal.config.UserException naming what was given for a task that is not there, and the tasks that are
     */
    default void check(List<String> tasks) {
        // Nothing was given by task.
    }

    /** {@return what must be measured} */
    default Measured measures() {
        return Measured.NOTHING;
    }

    /**
     * {@return whether the step of that number, from 0, measures them; in the others the weights stay, and the step is
     * that of weights which stay}
     *
     * @param step from 0
     */
    default boolean measuresIn(long step) {
        return true;
    }

    /** {@return whether there are steps that do not measure what the rule measures} */
    default boolean rests() {
        return false;
    }

    /** {@return the bound below which no weight falls before it is rescaled; 0 where there is none} */
    default double floorOfWeights() {
        return 0;
    }

    /** {@return whether it must know how many steps an epoch has} */
    default boolean countsEpochs() {
        return false;
    }

    /** {@return whether a step's weights are found in the step itself, once its losses are known} */
    default boolean weighs() {
        return false;
    }

    /**
     * What is kept from step to step. The first row are the weights of the next step's losses; by default there are no
     * more, and all are 1.
     *
     * @param setting what the rule is put to
     * @return at least one row; the first is called as {@link StateRow#weights} has it
     */
    default List<StateRow> state(Setting setting) {
        return List.of(StateRow.equalWeights(setting.tasks().size()));
    }

    /**
     * {@return constants that its kernels read, rows of a number a task}
     *
     * @param setting what the rule is put to
     */
    default List<double[]> constants(Setting setting) {
        return List.of();
    }

    /**
     * Writes what leaves this step's weights, for the backward pass, from its losses. Asked of rules that weigh.
     *
     * @param program takes the launches
     * @param setting what the rule is put to
     * @param memory  where the balancing's numbers lie
     */
    default void weigh(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        throw new IllegalStateException("this rule has its weights from the step before");
    }

    /**
     * Writes what leaves the coefficients of the tasks' gradients, from their Gram matrix. Asked of rules that combine.
     *
     * @param program takes the launches
     * @param setting what the rule is put to
     * @param memory  where the balancing's numbers lie
     */
    default void solve(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        throw new IllegalStateException("this rule does not combine gradients");
    }

    /** {@return whether it combines the tasks' gradients of Z element by element, and not by a coefficient a task} */
    default boolean byElement() {
        return false;
    }

    /**
     * Writes what combines the tasks' gradients element by element, and leaves their squared norms on the Gram matrix's
     * diagonal and what the tasks' gradients were scaled by, taken together, as this step's weights. Asked of rules
     * that go by element.
     *
     * @param program  takes the launches
     * @param setting  what the rule is put to
     * @param memory   where the balancing's numbers lie
     * @param elements what it reads and writes
     */
    default void drop(ProgramBuilder program, Setting setting, BalanceMemory memory, Elements elements) {
        throw new IllegalStateException("this rule does not look at single elements");
    }

    /**
     * Z and the tasks' gradients of it, in the program's elements.
     *
     * @param value    [batch][places][pitch]
     * @param rows     [T][batch][places][pitch]
     * @param combined [batch][places][pitch], to be written
     * @param batch    how many samples
     * @param places   of a sample
     * @param channels of a place's elements, those that count
     * @param pitch    elements from place to place
     */
    record Elements(Region value, Region rows, Region combined, int batch, long places, int channels, int pitch) {}

    /**
     * Writes what moves the state at the end of a step, where this was accepted.
     *
     * @param program takes the launches
     * @param setting what the rule is put to
     * @param memory  where the balancing's numbers lie
     */
    default void learn(ProgramBuilder program, Setting setting, BalanceMemory memory) {
        // What is the same in every step has nothing to learn.
    }

    /**
     * Where the balancing's quantities lie; T tasks.
     *
     * @param losses       floats [T]
     * @param counts       ints [T]; a task is present where its count is above 0
     * @param gram         doubles [T][T], of the tasks' gradients; empty where they are not measured, or not yet
     * @param state        doubles, the rows of {@link Balancing#state}
     * @param weights      floats [T], by which loss kernels scale
     * @param constants    doubles, the rows of {@link Balancing#constants}
     * @param used         doubles [T], where rules that weigh or combine leave this step's weights or coefficients
     * @param usedFloats   floats [T], where rules that weigh leave the same rounded
     * @param proposed     doubles [T][T], where a rule keeps what its state becomes if the step is accepted
     * @param fellBack     an int: whether a rule that combines had no answer
     * @param counters     longs: the step's number, accepted steps; after the verdict they count this step
     * @param accepted     an int; known to {@link Balancing#learn} alone
     * @param seed         of random numbers
     */
    record BalanceMemory(Region losses, Region counts, Optional<Region> gram, Region state, Region weights,
            Region constants, Region used, Region usedFloats, Region proposed, Region fellBack, Region counters,
            Region accepted, long seed) {
        BalanceMemory withGram(Region known) {
            return new BalanceMemory(losses, counts, Optional.of(known), state, weights, constants, used, usedFloats,
                    proposed, fellBack, counters, accepted, seed);
        }
    }
}
