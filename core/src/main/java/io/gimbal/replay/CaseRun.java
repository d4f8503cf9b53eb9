package io.gimbal.replay;

import io.gimbal.checkpoint.ModelFiles;
import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.Precision;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.engine.Criterion;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.engine.SoundValues;
import io.gimbal.engine.StepPlan;
import io.gimbal.engine.StepRecord;
import io.gimbal.engine.TrainingStep;
import io.gimbal.loss.TaskSpec;
import io.gimbal.optimizer.Schedule;
import io.gimbal.program.Peers;
import io.gimbal.run.TrainingPlan;
import io.gimbal.storage.LineFile;
import io.gimbal.storage.SafeTensors;
import io.gimbal.storage.TensorFile;
import io.gimbal.train.BalanceNotes;
import io.gimbal.train.BatchLoop;
import io.gimbal.train.DivergedException;
import io.gimbal.train.OutputFolder;
import io.gimbal.train.RejectedSteps;
import io.gimbal.train.TraceWriter;
import io.gimbal.train.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A case folder of the numerical reference ({@code case.json}, {@code init.safetensors}, {@code batches.safetensors})
 * on a device: the step with its start values, and the batches in page-locked memory. Norms are measured whatever the
 * balancing. For one thread, as its step is.
 */
public final class CaseRun implements AutoCloseable {
    private static final String[] KEYS = {"name", "model", "tasks", "balance", "optimizer", "precision", "steps",
            "seed"};

    /** The host waits now and then, so that it never runs further ahead than records are kept. */
    private static final int STEPS_AHEAD = 64;
    private static final boolean MEASURED = true;

    private final TrainingPlan plan;
    private final int steps;
    private final BatchLoop loop;
    private final RejectedSteps rejected;
    private final BalanceNotes notes;
    private final Map<String, Long> counters;

    /**
     * Reads the case and captures its step.
     *
     * @param precision instead of the case's own
     * @param planned   is run after each convolution is planned, so that progress can be shown
     * @throws UserException naming the file, the place in it, and what may stand there
     */
    public CaseRun(Device device, Path folder, Optional<Precision> precision, Runnable planned) {
        this(device, folder, precision, planned, Peers.NONE);
    }

    /**
     * The same by one of several ranks, which takes its part of every batch.
     *
     * @param precision instead of the case's own
     * @param planned   is run after each convolution is planned, so that progress can be shown
     * @param peers     the ranks
     * @throws UserException also where the batches cannot be shared out in equal parts
     */
    public CaseRun(Device device, Path folder, Optional<Precision> precision, Runnable planned, Peers peers) {
        if (!Files.isDirectory(folder)) {
            throw new UserException(folder
                    + " is not a case folder; one holds case.json, init.safetensors and batches.safetensors");
        }
        Config config = Config.read(folder.resolve("case.json"));
        config.allow(KEYS);
        plan = TrainingPlan.read(config);
        if (plan.average().isPresent()) {
            throw config.object("optimizer").error("average", "is given, but a case's final.safetensors holds the "
                    + "parameters themselves, as the reference leaves them, and no average; leave it out.");
        }
        steps = config.positive("steps");
        rejected = new RejectedSteps(plan.tasks(), number -> MEASURED);
        notes = new BalanceNotes(plan.network().tasks(), plan.balancing());
        try (TensorFile batchFile = SafeTensors.open(folder.resolve("batches.safetensors"));
                TensorFile initFile = SafeTensors.open(folder.resolve("init.safetensors"))) {
            CaseBatches source = new CaseBatches(batchFile, peers);
            NetworkGraph graph = plan.network().graph(source.batchSize());
            List<Criterion> criteria = List.copyOf(plan.tasks().stream().map(TaskSpec::loss).toList());
            TrainingStep step = new TrainingStep(device, new StepPlan(graph, criteria, plan.balancing(),
                    plan.optimizer(), Schedule.constant(plan.optimizer().rate()), precision.orElse(plan.precision()),
                    MEASURED, plan.seed(), source.count()), planned, peers);
            loop = new BatchLoop(device, step, source.count());
            try {
                step.model().write(ModelFiles.read(initFile, step.model(), name -> false));
                counters = ModelFiles.readCounters(initFile, step.model());
                for (int k = 0; k < source.count(); k++) {
                    source.write(k, graph, plan.tasks(), step.layout(), loop.batch(k));
                }
            } catch (RuntimeException | Error e) {
                loop.step().confinement().closeAfter(e);
                throw e;
            }
            loop.step().handOver();
        }
    }

    /** Reads the case, in its own precision, and captures its step. */
    public CaseRun(Device device, Path folder) {
        this(device, folder, Optional.empty(), () -> { });
    }

    /** How many steps the case has. */
    public int steps() {
        return steps;
    }

    /** The captured step. */
    public TrainingStep step() {
        return loop.step();
    }

    /** Launches the next step on its batch; the host does not wait. */
    public void launch() {
        loop.launch();
    }

    /**
     * Runs all steps and writes {@code trace.jsonl} and {@code final.safetensors} into a folder, as the reference does.
     *
     * @param progress is told how many more steps are done
     * @throws DivergedException where the steps left values that no network may have, with the trace written alone
     * @throws DivergedException also when both are written, if not one step counted
     */
    public void replay(Path out, java.util.function.LongConsumer progress) {
        try (Call _ = step().confinement().enter(); OutputFolder folder = OutputFolder.open(out);
                LineFile writer = folder.writer("trace.jsonl")) {
            Path last = folder.file("final.safetensors");
            TraceWriter trace = new TraceWriter(writer, plan.network().tasks());
            for (int k = 0; k < steps; k++) {
                launch();
                boolean readNow = k + 1 == steps || (k + 1) % STEPS_AHEAD == 0;
                List<StepRecord> fresh = readNow ? step().drainRecords() : step().pollRecords();
                fresh.forEach(trace::trace);
                fresh.forEach(rejected::count);
                fresh.forEach(notes::observe);
                progress.accept(fresh.size());
            }
            Map<String, float[]> values = step().model().read();
            SoundValues.fault(values).ifPresent(fault -> {
                throw new DivergedException("the last step, " + steps + ", left what is no network: " + fault
                        + ". Look for values in the batches that are too large. No final.safetensors was written",
                        List.of());
            });
            long accepted = step().state().accepted();
            SafeTensors.write(last, ModelFiles.tensors(step().model(), values,
                    ModelFiles.advanced(step().model(), counters, accepted)), Map.of());
        }
        rejected.requireAccepted();
    }

    /** In how many steps the balancing had no answer, as a sentence's part; empty where in none. */
    public Optional<String> fallbacks() {
        return notes.fallbacks();
    }

    /** How many steps were rejected and why, as {@link Trainer#rejections} says it; empty where none was. */
    public Optional<String> rejections() {
        return rejected.describe();
    }

    @Override
    public void close() {
        loop.close();
    }
}
