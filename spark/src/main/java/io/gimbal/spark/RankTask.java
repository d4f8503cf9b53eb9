package io.gimbal.spark;

import io.gimbal.config.Config;
import io.gimbal.device.DeviceKind;
import io.gimbal.ranks.Secret;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.BarrierTaskContext;
import scala.Function1;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What goes to the executors: all that a rank must know, but for which it is. Immutable.
 *
 * @param configuration as text, with what was set over it
 * @param source        what messages call it
 * @param folder        of the run
 * @param secrets       the ranks' secret, as the environment of a process holds it
 * @param progress      what rank 0 tells the driver
 */
record RankTask(String configuration, String source, int ranks, String folder, DeviceKind device, Duration patience,
        Map<String, String> secrets, ProgressAccumulator progress)
        implements Function1<Iterator<Integer>, Iterator<byte[]>>, Serializable {
    static RankTask of(Config config, TrainingOptions options, ProgressAccumulator progress) {
        Map<String, String> secrets = new HashMap<>();
        Secret.random().giveTo(secrets);
        return new RankTask(config.canonicalText(), config.source(), options.ranks(), options.folder().toString(),
                options.device(), options.patience(), secrets, progress);
    }

    /** Rank 0 alone has a result, which tells of all. */
    @Override
    public Iterator<byte[]> apply(Iterator<Integer> nothing) {
        BarrierTaskContext context = BarrierTaskContext.get();
        RankEnd end = new RankInTask(this, context).run();
        return CollectionConverters.asScala((context.partitionId() == 0 ? List.of(end.toBytes()) : List.<byte[]>of())
                .iterator());
    }

    /** Without the secret, wherever Spark may write it. */
    @Override
    public String toString() {
        return "a rank of " + ranks;
    }

    Config config() {
        return Config.parse(configuration, source);
    }

    Path run() {
        return Path.of(folder);
    }

    Secret secret() {
        return Secret.fromEnvironment(secrets).orElseThrow();
    }
}
