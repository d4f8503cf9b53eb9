package io.gimbal.engine;

import io.gimbal.cuda.Collectives.Element;
import io.gimbal.graph.Cotangent;
import io.gimbal.graph.Graph;
import io.gimbal.graph.Measurement;
import io.gimbal.graph.Output;
import io.gimbal.graph.RandomNumbers;
import io.gimbal.graph.Shape;
import io.gimbal.graph.Value;
import io.gimbal.program.Exchanged;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;
import io.gimbal.program.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Writes a training step as a program: forward, losses, the fused backward pass, balancing, the optimiser. */
public final class StepProgram {
    private final ProgramBuilder builder;
    private final StepPlan plan;
    private final NetworkGraph graph;
    private final BatchLayout layout;
    private final ModelLayout model;
    private final StepLayout memory;
    private final Measurement measurement;

    private StepProgram(ProgramBuilder builder, StepPlan plan, ModelLayout model, StepLayout memory,
            Measurement measurement) {
        this.measurement = measurement;
        this.builder = builder;
        this.plan = plan;
        this.graph = plan.graph();
        this.layout = new BatchLayout(graph, plan.criteria());
        this.model = model;
        this.memory = memory;
    }

    /**
     * Writes the step; this needs no device.
     *
     * @param builder takes the launches
     * @param plan    of the step
     * @param model   where its parameters lie
     * @param memory  where all else lies that outlives the step
     */
    public static void write(ProgramBuilder builder, StepPlan plan, ModelLayout model, StepLayout memory) {
        new StepProgram(builder, plan, model, memory, plan.measurement()).write();
    }

    /** Writes the step for the steps in which nothing is measured. */
    static void writeResting(ProgramBuilder builder, StepPlan plan, ModelLayout model, StepLayout memory) {
        new StepProgram(builder, plan, model, memory, new Measurement.Nothing()).write();
    }

    private void write() {
        List<Criterion> criteria = plan.criteria();
        Graph operations = graph.forTraining(measurement);
        builder.begin("batch");
        plan.learningRate().step(builder, memory.counters(), memory.learningRate(), plan.epochSteps());
        ForwardPass forward = new ForwardPass(builder, model, operations, graph.pitches(builder.precision()),
                Optional.of(new RandomNumbers(plan.seed(), memory.counters())));
        int imageBlocks = forward.takingBlocks(operations.input());
        OptionalDouble clipNorm = plan.optimizer().clipNorm();
        int toJudge = imageBlocks + (clipNorm.isPresent() ? 1 : 0);
        Region notFinite = builder.floats("whether images are not finite", toJudge);
        forward.take(operations.input(), memory.slots(), slotWords(), StepLayout.SLOTS, memory.counters(), notFinite);
        Region targets = targets();
        operations.operations().forEach(operation -> {
            builder.begin(operation.name());
            operation.forward(forward);
        });
        builder.begin("losses");
        Balancing rule = plan.balancing();
        Balancing.BalanceMemory balance = new Balancing.BalanceMemory(memory.losses(), memory.counts(),
                Optional.empty(), memory.balance(), memory.weights(), memory.constants(), memory.used(),
                memory.usedFloats(), memory.proposed(), memory.fellBack(), memory.counters(), memory.accepted(),
                plan.seed());
        Optional<Combining> combining = rule.measures().combined()
                ? Optional.of(new Combining(builder, rule, plan.setting(), balance, plan.diagnose()))
                : Optional.empty();
        BackwardPass backward = new BackwardPass(forward, model, operations, criteria.size(), measurement,
                combining);
        countLabels(targets, notFinite, imageBlocks);
        writeLosses(forward, backward, operations.outputs(), targets, balance);
        backward.run();
        builder.awaitRanks();

        Optional<Region> clip = clipNorm.isEmpty() ? Optional.empty() : Optional.of(Clipping.write(builder, model,
                clipNorm.getAsDouble(), notFinite.words(imageBlocks)));
        builder.begin(BackwardPass.BALANCING);
        boolean found = rule.weighs() || combining.isPresent();
        builder.launch("balance", "judge_step", 1, memory.losses(), memory.counts(),
                ProgramBuilder.orNull(backward.gram()), notFinite, toJudge,
                found ? memory.used() : memory.balance(), combining.isPresent() ? 1 : 0,
                combining.isPresent() ? memory.fellBack() : ProgramBuilder.NULL, memory.counters(), memory.accepted(),
                memory.records(), memory.learningRate(), StepLayout.RECORDS, criteria.size());
        if (plan.diagnose()) {
            builder.launch("diagnose", "diagnose", 1, backward.products().orElseThrow(), memory.counts(),
                    memory.counters(), memory.diagnoses(), StepLayout.RECORDS, criteria.size());
        }
        rule.learn(builder, plan.setting(), backward.gram().map(balance::withGram).orElse(balance));
        builder.launch("batch", "inspect_batch", criteria.size() + 1, memory.slots(), slotWords(), StepLayout.SLOTS,
                memory.counters(), memory.accepted(), memory.parts(), criteria.size(), memory.records(),
                StepLayout.RECORDS);
        builder.begin("optimizer");
        for (int wave = 0; wave < model.waves(); wave++) {
            builder.launch("optimizer", "running_statistics", ProgramBuilder.blocks(model.statisticWords()),
                    model.running(), model.batch(wave), model.momentum(wave), (int) model.statisticWords(),
                    memory.accepted());
        }
        plan.optimizer().step(builder, model, new Optimizer.Memory(memory.moments(), memory.learningRate(),
                memory.counters(), memory.accepted(), memory.groups(), memory.factors(), clip));
        plan.average().ifPresent(this::writeAverages);
    }

    /** @param most how much of the averages a step leaves at most */
    private void writeAverages(double most) {
        float least = (float) (1 - most);
        builder.launch("optimizer", "average", ProgramBuilder.blocks(model.parameterWords()), model.averages(),
                model.values(), ProgramBuilder.orNull(model.averageCopies()), model.factorWords(),
                model.parameterWords(), memory.counters(), least, memory.accepted());
        builder.launch("optimizer", "average", ProgramBuilder.blocks(model.statisticWords()), model.runningAverages(),
                model.running(), ProgramBuilder.NULL, 0L, model.statisticWords(), memory.counters(), least,
                memory.accepted());
    }

    private Region targets() {
        long from = layout.targetOffset(0) / Float.BYTES;
        long words = slotWords() - from;
        Region targets = builder.floats("targets", words);
        builder.launch("batch", "select_batch", ProgramBuilder.blocks(words), memory.slots(), targets, words, from,
                slotWords(), StepLayout.SLOTS, memory.counters());
        return targets;
    }

    private long slotWords() {
        return layout.bytes() / Float.BYTES;
    }

    /** How many labels each task has, and whether inputs are finite: of all ranks, since losses are means over all. */
    private void countLabels(Region targets, Region notFinite, int imageBlocks) {
        List<Criterion> criteria = plan.criteria();
        for (int task = 0; task < criteria.size(); task++) {
            criteria.get(task).count(builder, graph.prediction(task), target(targets, task),
                    memory.counts().words(task));
        }
        builder.sumOverRanks(List.of(new Exchanged(memory.counts(), criteria.size(), Element.INT32),
                new Exchanged(notFinite, imageBlocks, Element.INT32)));
    }

    private Region target(Region targets, int task) {
        return targets.plusBytes(layout.targetOffset(task) - layout.targetOffset(0));
    }

    /** The loss of a task is the sum over all that it reads, and over the ranks. */
    private void addLosses() {
        int tasks = graph.tasks().size();
        if (graph.mostOutputs() > 1) {
            builder.launch("elementwise", "sum_tasks", 1, memory.lossesByOutput(), memory.losses(), 1L, tasks,
                    graph.mostOutputs(), (long) tasks, (long) tasks, (long) tasks);
        }
        Exchanged losses = new Exchanged(memory.losses(), tasks, Element.FLOAT32);
        if (plan.balancing().weighs() || measurement instanceof Measurement.OfValue) {
            builder.sumOverRanks(List.of(losses));
        } else {
            builder.sumOverRanksBeside(List.of(losses));
        }
    }

    private void writeLosses(ForwardPass forward, BackwardPass backward, List<Output> outputs, Region targets,
            Balancing.BalanceMemory balance) {
        int[] read = new int[plan.criteria().size()];
        boolean weighs = plan.balancing().weighs();
        List<LossPart> parts = new ArrayList<>();
        for (Output output : outputs) {
            int task = output.task();
            LossPart part = writeLoss(forward, backward, output, target(targets, task), read[task]++);
            if (weighs) {
                parts.add(part);
            } else {
                part.give(backward);
            }
        }
        addLosses();
        if (weighs) {
            plan.balancing().weigh(builder, plan.setting(), balance);
            parts.forEach(part -> part.weighed(builder, memory.usedFloats()).give(backward));
        }
    }

    /** What a loss left of a value's cotangent; in a slice of a wider one where {@code wide}. */
    private record LossPart(Output output, View cotangent, boolean wide) {
        /** The same by the task's weight in that place, which was not known when the loss was. */
        LossPart weighed(ProgramBuilder builder, Region weights) {
            Shape shape = output.value().shape();
            builder.launchPair("elementwise", "scale_by_weight", ProgramBuilder.blocks(shape.elements()),
                    cotangent.region(), shape.places(), shape.channels(), (long) cotangent.pitch(),
                    weights.words(output.task()));
            return this;
        }

        void give(BackwardPass backward) {
            if (wide) {
                backward.giveSlice(output.value());
            } else {
                backward.giveOfLoss(output.task(), output.value(), cotangent.region());
            }
        }
    }

    /** @param read how many of the task's outputs come before it */
    private LossPart writeLoss(ForwardPass forward, BackwardPass backward, Output output, Region target, int read) {
        int task = output.task();
        Criterion criterion = plan.criteria().get(task);
        Value logits = output.value();
        Optional<Cotangent> slice = backward.slice(logits);
        // Values and cotangent have one pitch.
        View values = slice.isPresent() ? forward.tensor(logits) : new View(forward.at(logits), forward.pitch(logits));
        Region cotangent = slice.map(Cotangent::region).orElseGet(() -> backward.targetOfLoss(task, logits,
                plan.balancing().weighs()));
        Prediction prediction = new Prediction(values.region(), cotangent, graph.prediction(task),
                output.scale(), values.pitch(), forward.pitch(logits));
        Region count = memory.counts().words(task);
        Region losses = graph.mostOutputs() == 1 ? memory.losses()
                : memory.lossesByOutput().words((long) read * graph.tasks().size());
        criterion.evaluate(builder, prediction, target, memory.weights().words(task), count, losses.words(task));
        return new LossPart(output, new View(cotangent, values.pitch()), slice.isPresent());
    }
}
