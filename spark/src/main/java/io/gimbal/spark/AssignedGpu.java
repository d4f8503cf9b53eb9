package io.gimbal.spark;

import io.gimbal.device.DeviceKind;
import java.util.Map;
import org.apache.spark.resource.ResourceInformation;

/** The GPU that Spark assigned to a task, beside the one that Gimbal takes: the first that CUDA shows the process. */
final class AssignedGpu {
    /** The environment variable that says which GPUs CUDA shows, the first of which is the process's number 0. */
    static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

    private static final String RESOURCE = "gpu";

    private AssignedGpu() {}

    /**
     * @param resources of the task
     * @param visible   what the variable holds; null where it is not set
     * @throws IllegalStateException if Spark assigned another than the process would take: several executors would
     *                               share one, and the others be idle
     */
    static void check(DeviceKind kind, Map<String, ResourceInformation> resources, String visible) {
        if (kind == DeviceKind.SOFT || !resources.containsKey(RESOURCE)) {
            return;
        }
        String[] addresses = resources.get(RESOURCE).addresses();
        if (addresses.length == 0) {
            return;
        }
        String assigned = addresses[0].strip();
        String first = visible == null ? "0" : visible.split(",")[0].strip();
        // Where the process sees its own GPUs alone, their numbers begin with 0 whatever they are on the machine.
        if (!assigned.equals("0") && !assigned.equals(first)) {
            throw new IllegalStateException("Spark assigned GPU " + assigned + " to this task, but Gimbal takes the"
                    + " first that CUDA shows the process, which is GPU " + first + ". Let each executor see its own"
                    + " GPU alone: by containers (YARN with GPU isolation, Kubernetes), or by a worker a GPU with "
                    + VISIBLE + "=" + assigned + " in its environment.");
        }
    }
}
