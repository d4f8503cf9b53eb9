package io.gimbal.spark;

import io.gimbal.config.Config;
import io.gimbal.device.Device;
import io.gimbal.device.SoftDevice;
import io.gimbal.ranks.Address;
import io.gimbal.ranks.MeetingPlace;
import io.gimbal.run.RunFolder;
import io.gimbal.run.TrainingConfig;
import java.util.Optional;
import org.apache.spark.BarrierTaskContext;

/**
 * What a rank has made ready before it meets the others, so that what is wrong on one host is said before anybody
 * waits. Owns the device and the place.
 *
 * @param training opened, with its data
 * @param folder   of rank 0
 * @param place    where rank 0 listens
 */
record PreparedRank(TrainingConfig training, Device device, Optional<RunFolder> folder, Optional<MeetingPlace> place)
        implements AutoCloseable {
    /** At it all who reach any address of this host are heard: names of hosts may lead to others than are reached. */
    private static final String ANY_ADDRESS = "0.0.0.0";

    /**
     * @param goesOn whether a run in the folder is gone on with
     * @throws io.gimbal.config.UserException if the configuration cannot be trained by here
     * @throws IllegalStateException          if there is no such device here, or another was assigned
     */
    static PreparedRank open(RankTask task, BarrierTaskContext context, boolean goesOn) {
        Config config = task.config();
        TrainingConfig training = goesOn ? TrainingConfig.toResume(config, task.run()) : TrainingConfig.read(config);
        boolean leads = context.partitionId() == 0;
        Optional<RunFolder> folder = leads ? Optional.of(goesOn ? RunFolder.resume(task.run(), config)
                : RunFolder.create(task.run(), training.name(), config)) : Optional.empty();
        AssignedGpu.check(task.device(), context.resourcesJMap(), System.getenv(AssignedGpu.VISIBLE));
        Device device = Device.open(task.device());
        try {
            shareProcessors(device, context);
            Optional<MeetingPlace> place = leads && task.ranks() > 1
                    ? Optional.of(MeetingPlace.open(new Address(ANY_ADDRESS, 0))) : Optional.empty();
            return new PreparedRank(training, device, folder, place);
        } catch (RuntimeException | Error failure) {
            device.close();
            throw failure;
        }
    }

    /** Software devices of one host share its processors, unless the user has said how many threads each has. */
    private static void shareProcessors(Device device, BarrierTaskContext context) {
        String own = HostOfRank.of(context, context.partitionId());
        int here = 0;
        for (int rank = 0; rank < context.numPartitions(); rank++) {
            here += HostOfRank.of(context, rank).equals(own) ? 1 : 0;
        }
        int sharing = here;
        if (System.getenv(SoftDevice.THREADS) == null) {
            device.softDevice().ifPresent(soft -> soft.threads(Math.max(1, soft.threads() / sharing)));
        }
    }

    @Override
    public void close() {
        try (device) {
            place.ifPresent(MeetingPlace::close);
        }
    }
}
