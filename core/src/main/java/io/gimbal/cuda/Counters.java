package io.gimbal.cuda;

/**
 * How often the driver was asked to do what costs time: totals since the device was opened.
 *
 * @param hostToDevice     copies to the device
 * @param deviceToHost     copies to the host
 * @param deviceToDevice   copies within the device
 * @param synchronizations waits of the host for a stream, an event or the context
 * @param allocations      allocations of device memory and of page-locked host memory
 * @param launches         kernel launches, those captured into a graph included
 * @param graphLaunches    launches of executable graphs
 */
public record Counters(long hostToDevice, long deviceToHost, long deviceToDevice, long synchronizations,
                       long allocations, long launches, long graphLaunches) {
    /** What was counted between {@code earlier} and this. */
    public Counters minus(Counters earlier) {
        return new Counters(hostToDevice - earlier.hostToDevice, deviceToHost - earlier.deviceToHost,
                deviceToDevice - earlier.deviceToDevice, synchronizations - earlier.synchronizations,
                allocations - earlier.allocations, launches - earlier.launches, graphLaunches - earlier.graphLaunches);
    }
}
