package io.gimbal.run;

import io.gimbal.data.BatchPipeline;
import io.gimbal.data.Position;
import io.gimbal.data.Sampler;
import io.gimbal.device.Device;
import io.gimbal.device.ThreadConfinement.Call;
import io.gimbal.train.DivergedException;
import io.gimbal.train.Trainer;

/**
 * A training by a rank other than 0: it takes the steps that rank 0 says, on its own part of every batch, and keeps
 * nothing. What is logged, measured on held-out data and kept is rank 0's, which has a {@link TrainingRun} of the same
 * configuration. For one thread.
 */
public final class RankFollower implements AutoCloseable {
    private final RankGroup group;
    private final Sampler sampler;
    private final TrainingConfig config;
    private final Trainer trainer;

    /**
     * Builds its part of the training's step, as all ranks do at once.
     *
     * @param device  of the group
     * @param asked   as rank 0 has it, but for paths
     * @param group   which stays the caller's
     * @param planned is run after each convolution is planned, so that progress can be shown
     */
    public RankFollower(Device device, TrainingConfig asked, RankGroup group, Runnable planned) {
        this.group = group;
        group.requireAlike(asked);
        config = asked.ahead(group.share(0)[0]);
        sampler = config.sampler().part(group.rank(), group.count());
        trainer = config.trainer(device, planned, group.peers(config.ownStatistics()));
        trainer.handOver();
    }

    /**
     * Takes steps until rank 0 says that there are no more.
     *
     * @throws io.gimbal.ranks.RankLostException if a rank is lost
     * @throws IllegalStateException             if the thread is interrupted, as it stays marked
     */
    public void run() {
        try (Call _ = trainer.step().confinement().enter()) {
            Position position = Position.ofLongs(group.share(0, 0, 0));
            group.share(trainer);
            try (BatchPipeline batches = new BatchPipeline(config.data(), sampler, position, trainer.slots(),
                    BatchPipeline.defaultThreads())) {
                group.follow(trainer, () -> step(batches));
            }
        } catch (RuntimeException failure) {
            if (failure.getCause() instanceof InterruptedException) {
                throw new IllegalStateException("it was asked to end", failure.getCause());
            }
            throw group.told(failure);
        }
    }

    private void step(BatchPipeline batches) {
        trainer.advance(batches);
        try {
            trainer.poll();
        } catch (DivergedException diverged) {
            // Rank 0 has the same records, and ends the training.
            return;
        }
    }

    @Override
    public void close() {
        trainer.close();
    }
}
