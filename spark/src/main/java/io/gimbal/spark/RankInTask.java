package io.gimbal.spark;

import io.gimbal.config.UserException;
import io.gimbal.engine.StepRecord;
import io.gimbal.metric.Score;
import io.gimbal.ranks.Address;
import io.gimbal.ranks.Meeting;
import io.gimbal.ranks.RankLostException;
import io.gimbal.ranks.Ranks;
import io.gimbal.run.RankFollower;
import io.gimbal.run.RankGroup;
import io.gimbal.run.RunFolder;
import io.gimbal.run.TrainingRun;
import io.gimbal.train.OutputFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskKilledException;

/**
 * One rank, as a task of a barrier stage. What the user has to change is the task's result, and the same of all ranks,
 * so that Spark does not try again; what else goes wrong fails the task, and with it the stage, which Spark starts
 * again. For the task's thread.
 */
final class RankInTask {
    private static final System.Logger LOG = System.getLogger(RankInTask.class.getName());
    private static final long LOOK_MILLISECONDS = 500;

    private final RankTask task;
    private final BarrierTaskContext context;
    private final int rank;

    RankInTask(RankTask task, BarrierTaskContext context) {
        this.task = task;
        this.context = context;
        this.rank = context.partitionId();
    }

    RankEnd run() {
        String executor = SparkEnv.get().executorId();
        Optional<String> together = together(context.allGather(executor));
        if (together.isPresent()) {
            return RankEnd.refused(together.orElseThrow());
        }
        boolean goesOn = goesOn();
        PreparedRank prepared;
        try {
            prepared = PreparedRank.open(task, context, goesOn);
        } catch (UserException | IllegalStateException refused) {
            return RankEnd.refused(firstOf(context.allGather(here(refused))).orElseThrow());
        }
        try (prepared) {
            Optional<String> refusal = firstOf(context.allGather(""));
            return refusal.isPresent() ? RankEnd.refused(refusal.orElseThrow()) : train(prepared);
        }
    }

    /** Whether there is a run to go on with. Rank 0 says it to all: another host may see the folder as it was. */
    private boolean goesOn() {
        if (rank == 0 && context.stageAttemptNumber() > 0) {
            awaitFolder();
        }
        return Boolean.parseBoolean(context.allGather(Boolean.toString(RunFolder.holdsRun(task.run())))[0]);
    }

    /** Rank 0 of the attempt before may still be writing, in an executor that this attempt does not need. */
    private void awaitFolder() {
        long end = System.nanoTime() + task.patience().toNanos();
        while (!context.isInterrupted() && System.nanoTime() < end && isTaken(task.run())) {
            try {
                Thread.sleep(LOOK_MILLISECONDS);
            } catch (InterruptedException killed) {
                throw new TaskKilledException("killed while it waited for " + task.run());
            }
        }
    }

    private static boolean isTaken(Path folder) {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (OutputFolder _ = OutputFolder.open(folder)) {
            return false;
        } catch (UserException taken) {
            return true;
        }
    }

    /** Which ranks are in one process, where some are. */
    static Optional<String> together(String[] executors) {
        Map<String, Integer> first = new HashMap<>();
        for (int other = 0; other < executors.length; other++) {
            Integer one = first.putIfAbsent(executors[other], other);
            if (one != null) {
                return Optional.of("ranks " + one + " and " + other + " were both put into executor "
                        + executors[other] + ", and each needs a process of its own: let a task take a whole executor,"
                        + " by a spark.task.cpus that is spark.executor.cores.");
            }
        }
        return Optional.empty();
    }

    private static Optional<String> firstOf(String[] refusals) {
        return List.of(refusals).stream().filter(refusal -> !refusal.isEmpty()).findFirst();
    }

    private String here(RuntimeException refused) {
        return "rank " + rank + " (" + HostOfRank.of(context, rank) + ", executor " + SparkEnv.get().executorId()
                + "): " + refused.getMessage();
    }

    /** Ends when all ranks have: one that was lost to another hears why that one ended. */
    private RankEnd train(PreparedRank prepared) {
        String port = prepared.place().map(place -> Integer.toString(place.address().port())).orElse("");
        Address meeting = new Address(HostOfRank.of(context, 0), port(context.allGather(port)[0]));
        RankEnd end;
        String refusal = "";
        RankLostException loss = null;
        try {
            StoppableWork work = new StoppableWork();
            end = work.run("rank " + rank, context, () -> rank == 0 ? lead(prepared) : follow(prepared, meeting, work));
        } catch (UserException refused) {
            end = RankEnd.refused(here(refused));
            refusal = end.refusal();
        } catch (RankLostException lost) {
            end = null;
            loss = lost;
        } catch (Exception failure) {
            throw killedOr(failure);
        }
        Optional<String> first = firstOf(context.allGather(refusal));
        if (first.isPresent()) {
            return RankEnd.refused(first.orElseThrow());
        }
        if (loss != null) {
            throw loss;
        }
        return end;
    }

    private static int port(String text) {
        return text.isEmpty() ? 0 : Integer.parseInt(text);
    }

    private RuntimeException killedOr(Exception failure) {
        if (context.isInterrupted()) {
            LOG.log(System.Logger.Level.INFO, "rank {0} ends: {1}", rank, failure.getMessage());
            return new TaskKilledException(String.valueOf(failure.getMessage()));
        }
        return failure instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(failure);
    }

    private RankEnd lead(PreparedRank prepared) {
        if (prepared.place().isEmpty()) {
            return lead(prepared, Optional.empty());
        }
        Ranks met = prepared.place().orElseThrow().meet(task.ranks(), task.secret(), task.patience(), this::log);
        try (RankGroup group = RankGroup.join(met, prepared.device(), task.patience())) {
            return group.together(() -> lead(prepared, Optional.of(group)));
        }
    }

    private RankEnd lead(PreparedRank prepared, Optional<RankGroup> group) {
        RunFolder folder = prepared.folder().orElseThrow();
        try (TrainingRun run = new TrainingRun(prepared.device(), prepared.training(), folder, () -> { }, group)) {
            task.progress().add(new TrainingEvent.Begun(context.stageAttemptNumber(), run.stepsBefore(), run.steps()));
            folder.notices().forEach(this::note);
            run.startReport().forEach(this::note);
            Map<String, List<Score>> scores = run.run(new Teller(prepared.training().plan().network().tasks()));
            run.trainer().rejections().ifPresent(this::note);
            run.speed().ifPresent(this::note);
            return RankEnd.led(run.trainer().step().submitted(), copy(scores));
        }
    }

    private RankEnd follow(PreparedRank prepared, Address meeting, StoppableWork work) {
        Ranks met = Ranks.meet(new Meeting(rank, task.ranks(), meeting, task.secret(), task.patience()), this::log);
        try (RankGroup group = RankGroup.join(met, prepared.device(), task.patience())) {
            return group.together(() -> follow(prepared, group, work));
        }
    }

    private static RankEnd follow(PreparedRank prepared, RankGroup group, StoppableWork work) {
        try (RankFollower follower = new RankFollower(prepared.device(), prepared.training(), group, () -> { })) {
            work.goOnToTheEnd();
            follower.run();
            return RankEnd.followed();
        }
    }

    private void log(String sentence) {
        LOG.log(System.Logger.Level.INFO, sentence);
    }

    private void note(String sentence) {
        task.progress().add(new TrainingEvent.Noted(sentence));
    }

    /** In maps and lists that can be sent. */
    private static Map<String, List<Score>> copy(Map<String, List<Score>> scores) {
        Map<String, List<Score>> copy = new LinkedHashMap<>();
        scores.forEach((name, list) -> copy.put(name, new ArrayList<>(list)));
        return copy;
    }

    /** Hands on what rank 0 is told. */
    private final class Teller implements io.gimbal.run.TrainingListener {
        private final List<String> tasks;

        Teller(List<String> tasks) {
            this.tasks = tasks;
        }

        @Override
        public void step(StepRecord record) {
            Map<String, Double> losses = new LinkedHashMap<>();
            for (int i = 0; i < tasks.size(); i++) {
                if (record.present(i)) {
                    losses.put(tasks.get(i), record.loss()[i]);
                }
            }
            task.progress().add(new TrainingEvent.Stepped(record.step() + 1, losses));
        }

        @Override
        public void validating(int examples) {
            // The result comes soon.
        }

        @Override
        public void validated(long step, Map<String, List<Score>> scores, boolean best) {
            task.progress().add(new TrainingEvent.Validated(step, copy(scores), best));
        }

        @Override
        public void note(String sentence) {
            RankInTask.this.note(sentence);
        }
    }
}
