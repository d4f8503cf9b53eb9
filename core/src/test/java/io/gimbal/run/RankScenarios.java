package io.gimbal.run;

import io.gimbal.config.Config;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceUnderTest;
import io.gimbal.engine.StepState;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.nn.Layers;
import io.gimbal.ranks.Address;
import io.gimbal.ranks.Meeting;
import io.gimbal.ranks.Ranks;
import io.gimbal.ranks.Secret;
import io.gimbal.train.Examples;
import io.gimbal.train.Trainer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process that is one of two ranks, which go through all scenarios, one after the other, and print what each came to:
 * RANK PORT FOLDER.
 */
final class RankScenarios {
    static final int RANKS = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Config TINY = Config.parse(TinyRooms.TEXT, "tiny.json");

    private RankScenarios() {}

    /** What a rank does, and comes to. */
    private interface Work {
        String run(Device device, RankGroup group);
    }

    /** In the order in which they come. */
    enum Scenario {
        PARAMETERS(RankScenarios::parameters),
        REJECTIONS(RankScenarios::rejections),
        CONFIGURATIONS(RankScenarios::configurations),
        DATA(RankScenarios::data),
        OWN_STATISTICS(RankScenarios::ownStatistics);

        private final Work work;

        Scenario(Work work) {
            this.work = work;
        }
    }

    private static Path folder;

    public static void main(String[] arguments) {
        int rank = Integer.parseInt(arguments[0]);
        Address address = new Address("127.0.0.1", Integer.parseInt(arguments[1]));
        folder = Path.of(arguments[2]);
        Secret secret = Secret.fromEnvironment(System.getenv()).orElseThrow();
        try (Device device = DeviceUnderTest.open()) {
            for (Scenario scenario : Scenario.values()) {
                Meeting meeting = new Meeting(rank, RANKS, address, secret, PATIENCE);
                System.out.println(scenario + ": " + outcome(scenario.work, device, meeting));
            }
        }
    }

    private static String outcome(Work work, Device device, Meeting meeting) {
        try (RankGroup group = RankGroup.join(Ranks.meet(meeting, _ -> { }), device, PATIENCE)) {
            return group.together(() -> work.run(device, group));
        } catch (RuntimeException failure) {
            return failure.getClass().getSimpleName() + ": " + failure.getMessage();
        }
    }

    private static Trainer trainer(Device device, RankGroup group) {
        Trainer trainer = Trainer.of(device, Network.ofFeatures(3).trunk(Layers.linear(4)).head("line",
                Layers.linear(1))).task("line", Loss.l2()).batch(2).peers(group.peers(false)).build();
        group.share(trainer);
        return trainer;
    }

    private static Examples examples(float last) {
        return new Examples(new float[] {1, 2, 3, 4, 5, last}, Map.of("line", new float[] {1, 2}), Map.of());
    }

    /** As its step, rank 1 changes a parameter. */
    private static String parameters(Device device, RankGroup group) {
        try (Trainer trainer = trainer(device, group)) {
            if (group.leads()) {
                group.compare(trainer);
                group.step();
                group.compare(trainer);
                group.end();
            } else {
                group.follow(trainer, () -> change(trainer));
            }
            return "the same";
        }
    }

    private static void change(Trainer trainer) {
        StepState state = trainer.state();
        state.tensors().values().iterator().next()[0] += 1;
        trainer.set(state);
    }

    /** Of the second step's examples, rank 1's second holds what is no number. */
    private static String rejections(Device device, RankGroup group) {
        try (Trainer trainer = trainer(device, group)) {
            trainer.train(List.of(examples(6), examples(group.leads() ? 6 : Float.NaN)).iterator(), 2, _ -> { });
            if (group.leads()) {
                List<String> told = group.rejections(trainer);
                group.end();
                return told.toString();
            }
            group.follow(trainer, () -> { });
            return trainer.rejections().orElse("");
        }
    }

    private static String configurations(Device device, RankGroup group) {
        group.requireAlike(TrainingConfig.read(TINY.with("data.count=" + (9 + group.rank()))));
        return "alike";
    }

    /** The configurations differ in what they may: where each rank has its data. */
    private static String data(Device device, RankGroup group) {
        Path own = folder.resolve("data" + group.rank());
        group.requireAlike(TrainingConfig.read(TINY.with("data={\"source\": \"nyuv2\", \"path\": \"" + own
                + "\", \"batch\": 2}").with("validation=null")));
        return "alike";
    }

    private static String ownStatistics(Device device, RankGroup group) {
        Config config = TINY.with("ranks={\"batch_norm\": \"own\"}").with("epochs=1");
        TrainingConfig training = TrainingConfig.read(config);
        if (group.leads()) {
            RunFolder run = RunFolder.create(folder.resolve("run"), "run", config);
            try (TrainingRun leading = new TrainingRun(device, training, run, () -> { }, Optional.of(group))) {
                leading.run(new Quiet());
                return leading.trainer().step().submitted() + " steps";
            }
        }
        try (RankFollower following = new RankFollower(device, training, group, () -> { })) {
            following.run();
            return "followed";
        }
    }
}
