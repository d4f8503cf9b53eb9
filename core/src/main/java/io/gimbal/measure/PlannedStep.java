package io.gimbal.measure;

import io.gimbal.device.Precision;
import io.gimbal.dnn.ConvolutionPlan;
import io.gimbal.dnn.ConvolutionPlanner;
import io.gimbal.dnn.DeviceLimits;
import io.gimbal.engine.KeptApart;
import io.gimbal.engine.ModelLayout;
import io.gimbal.engine.StepLayout;
import io.gimbal.engine.StepPlan;
import io.gimbal.engine.StepProgram;
import io.gimbal.graph.Graph;
import io.gimbal.graph.Operation;
import io.gimbal.graph.Parameter;
import io.gimbal.graph.Shape;
import io.gimbal.program.Instruction;
import io.gimbal.program.MemoryPlan;
import io.gimbal.program.ProgramBuilder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a training step would be on a device: written and laid out as for a run, with its engines and its memory, but
 * neither allocated nor captured.
 *
 * @param device       the device's name and architecture
 * @param limits       what the device can do at best, where that is known
 * @param layers       in the order of the forward pass
 * @param multiplyAdds of the forward pass of one example, as {@link io.gimbal.engine.NetworkGraph#multiplyAdds} has
 *                     them
 * @param convolutions in the order in which the step runs them
 * @param products     matrix products that the step runs
 * @param kernels      kernels of Gimbal's own that the step launches, in the order in which each first comes
 * @param memory       what it takes
 * @param productCost  what convolutions and matrix products cost
 * @param kernelCost   what the kernels cost
 * @param sections     what each operation of the network costs, forward and backward, and "losses", "balancing", and so
 *                     on
 * @param keptApart    the values of which each task's cotangent is kept
 * @param bound        the seconds at the limits by what each launch is bound by; nothing where the limits are not known
 */
public record PlannedStep(String device, Optional<DeviceLimits> limits, List<Layer> layers, long multiplyAdds,
        List<PlannedConvolution> convolutions, int products, List<PlannedKernel> kernels, Memory memory,
        Cost productCost, Cost kernelCost, Map<String, Cost> sections, List<KeptApart> keptApart,
        Map<Limit, Double> bound) {
    /** Keeps copies. */
    public PlannedStep {
        sections = Collections.unmodifiableMap(new LinkedHashMap<>(sections));
        keptApart = List.copyOf(keptApart);
        convolutions = List.copyOf(convolutions);
        kernels = List.copyOf(kernels);
        bound = Collections.unmodifiableMap(new EnumMap<>(bound));
    }

    /**
     * An operation of the network.
     *
     * @param name       by which messages know it
     * @param kind       such as "batch norm"
     * @param output     the shape that leaves it
     * @param parameters how many values it learns that no layer before it does
     */
    public record Layer(String name, String kind, Shape output, long parameters) {}

    /**
     * A convolution of the step.
     *
     * @param layer          the operation that it belongs to
     * @param direction      forward, backward data or backward filter
     * @param geometry       its dimensions, in words
     * @param engine         cuDNN's number of the engine
     * @param settings       the engine's settings in words
     * @param description    the plan in cuDNN's own words: a JSON object
     * @param notes          what cuDNN says of the engine's numbers
     * @param candidates     engines that cuDNN offered, of those that the precision allows
     * @param workspaceBytes the workspace that the engine needs
     * @param operations     multiplications and additions
     * @param bytes          of its three tensors, each once
     */
    public record PlannedConvolution(String layer, String direction, String geometry, long engine, String settings,
            String description, List<String> notes, int candidates, long workspaceBytes, double operations,
            double bytes) {}

    /**
     * Launches of one kernel that are bound by the same.
     *
     * @param kernel       its name
     * @param launches     how often the step launches it
     * @param cost         what all of them must do, and the shortest time at the limits
     * @param movedBytes   that go through memory: whole sectors
     * @param loaded       sectors that their warps ask for
     * @param stored       sectors that their warps write
     * @param instructions of warps
     * @param limit        what the time at the limits comes from; empty where these are not known
     */
    public record PlannedKernel(String kernel, int launches, Cost cost, double movedBytes, double loaded,
            double stored, double instructions, Optional<Limit> limit) {
        private static PlannedKernel of(String kernel, CallCost call, Optional<DeviceLimits> limits) {
            CallCost.Counted counted = call.counted().orElse(new CallCost.Counted(0, call.bytes(), Double.NaN,
                    Double.NaN, Double.NaN));
            return new PlannedKernel(kernel, 1, call.at(limits), counted.movedBytes(), counted.loaded(),
                    counted.stored(), counted.instructions(), limits.map(call::binding));
        }

        private PlannedKernel plus(PlannedKernel other) {
            return new PlannedKernel(kernel, launches + other.launches, cost.plus(other.cost),
                    movedBytes + other.movedBytes, loaded + other.loaded, stored + other.stored,
                    instructions + other.instructions, limit);
        }
    }

    /**
     * Bytes of device memory.
     *
     * @param arena     activations, cotangents and workspaces, as they are laid out
     * @param mostAlive the most bytes of the arena alive at any one time
     * @param model     parameters, gradients and statistics, and the averages of the first and last where they are kept
     * @param step      batches, optimiser moments, balancing, records
     */
    public record Memory(long arena, long mostAlive, long model, long step) {
        /** {@return how many bytes that are in all} */
        public long total() {
            return arena + model + step;
        }
    }

    /** {@return how many kernels the step launches} */
    public int launches() {
        return kernels.stream().mapToInt(PlannedKernel::launches).sum();
    }

    /**
     * {@return what the part of that name costs; nothing where there is none}
     *
     * @param name such as "losses"
     */
    public Cost section(String name) {
        return sections.getOrDefault(name, Cost.NONE);
    }

    /** {@return what one step costs in all} */
    public Cost cost() {
        return productCost.plus(kernelCost);
    }

    /**
     * What a part of a step costs.
     *
     * @param operations multiplications, additions and the like
     * @param bytes      that must be read and written, each tensor of each launch once
     * @param seconds    the sum over the launches of the shortest time that each may take at the device's limits; NaN
     *     where these are not known
     */
    public record Cost(double operations, double bytes, double seconds) {
        static final Cost NONE = new Cost(0, 0, 0);

        Cost plus(Cost other) {
            return new Cost(operations + other.operations, bytes + other.bytes, seconds + other.seconds);
        }

        /**
         * {@return what this costs more than the other}
         *
         * @param other the cost that is taken away
         */
        public Cost minus(Cost other) {
            return new Cost(operations - other.operations, bytes - other.bytes, seconds - other.seconds);
        }
    }

    static PlannedStep write(String device, Optional<DeviceLimits> limits, ConvolutionPlanner planner,
            StepPlan plan) {
        Precision precision = plan.precision();
        ModelLayout model = ModelLayout.of(plan);
        StepLayout step = StepLayout.of(plan, model);
        ProgramBuilder builder = new ProgramBuilder(planner, precision);
        StepProgram.write(builder, plan, model, step);
        List<PlannedConvolution> convolutions = new ArrayList<>();
        int products = 0;
        Map<KernelKey, PlannedKernel> kernels = new LinkedHashMap<>();
        Cost productCost = Cost.NONE;
        Cost kernelCost = Cost.NONE;
        Map<String, Cost> sections = new LinkedHashMap<>();
        Map<Limit, Double> bound = new EnumMap<>(Limit.class);
        for (Instruction instruction : builder.instructions()) {
            CallCost call = CallCost.of(instruction.call(), precision);
            Cost cost = call.at(limits);
            sections.merge(instruction.section(), cost, Cost::plus);
            limits.ifPresent(known -> bound.merge(call.binding(known), cost.seconds(), Double::sum));
            switch (instruction.call()) {
                case Instruction.Call.Kernel kernel -> {
                    PlannedKernel planned = PlannedKernel.of(kernel.name(), call, limits);
                    kernels.merge(new KernelKey(planned.kernel(), planned.limit()), planned, PlannedKernel::plus);
                    kernelCost = kernelCost.plus(cost);
                }
                case Instruction.Call.Product product -> {
                    products++;
                    productCost = productCost.plus(cost);
                }
                case Instruction.Call.Convolved convolved -> {
                    convolutions.add(convolution(instruction.section(), convolved, planner, precision));
                    productCost = productCost.plus(cost);
                }
                case Instruction.Call.Exchange _, Instruction.Call.Awaited _ -> { }
            }
        }
        MemoryPlan arena = builder.memory();
        return new PlannedStep(device, limits, layers(plan.graph().joined(plan.measurement())),
                plan.graph().multiplyAdds(), convolutions, products, List.copyOf(kernels.values()),
                new Memory(arena.bytes(), arena.mostAlive(), model.bytes(), step.bytes()), productCost,
                kernelCost, sections, plan.graph().keptApart(plan.measurement(), precision),
                bound);
    }

    private record KernelKey(String kernel, Optional<Limit> limit) {}

    static PlannedConvolution convolution(String layer, Instruction.Call.Convolved call,
            ConvolutionPlanner planner, Precision precision) {
        ConvolutionPlan plan = call.plan();
        List<String> notes = plan.notes().stream().map(note -> note.name().toLowerCase(Locale.ROOT).replace('_',
                ' ')).toList();
        return new PlannedConvolution(layer, call.direction().text(), call.geometry().describe(),
                plan.engine().index(), plan.engine().describe(), planner.describe(plan), notes, plan.candidates(),
                plan.workspaceBytes(), call.geometry().operations(), CallCost.bytes(call.geometry(), precision));
    }

    private static List<Layer> layers(Graph graph) {
        Set<Parameter> counted = new HashSet<>();
        return graph.operations().stream().map(operation -> new Layer(operation.name(), kind(operation),
                operation.output().shape(), operation.parameters().stream().filter(counted::add)
                        .mapToLong(Parameter::count).sum())).toList();
    }

    static String kind(Operation operation) {
        String words = String.join(" ", operation.getClass().getSimpleName().split("(?=[A-Z])"));
        return words.toLowerCase(Locale.ROOT);
    }
}
