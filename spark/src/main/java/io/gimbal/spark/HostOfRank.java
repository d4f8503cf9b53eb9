package io.gimbal.spark;

import io.gimbal.ranks.Address;
import org.apache.spark.BarrierTaskContext;

/** Where a rank's executor is, by the name that Spark's processes reach it by. */
final class HostOfRank {
    private HostOfRank() {}

    static String of(BarrierTaskContext context, int rank) {
        return Address.of("Spark's address of rank " + rank, context.getTaskInfos()[rank].address()).host();
    }
}
