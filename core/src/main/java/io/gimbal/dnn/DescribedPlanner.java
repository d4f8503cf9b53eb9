package io.gimbal.dnn;

import static io.gimbal.cuda.DnnNames.*;

import io.gimbal.config.UserException;
import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.Dnn;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.DnnLibrary;
import io.gimbal.device.Precision;
import java.nio.charset.StandardCharsets;

/**
 * Plans convolutions for a GPU that is only described, with the real cuDNN and without a driver. As nothing can be
 * timed, the first engine in the heuristics' order that the precision allows is taken. The plans cannot be run.
 *
 * <p>Plans live until this is closed. Not thread-safe.
 */
public final class DescribedPlanner implements ConvolutionPlanner, AutoCloseable {
    /** The first cuDNN that plans without a device. */
    private static final long FIRST_VERSION = 90800;

    private final Dnn dnn;
    private final DeviceDescription device;
    private final Precision precision;
    private final long properties;
    private final PlanCache plans;

    private DescribedPlanner(Dnn dnn, DeviceDescription device, Precision precision) {
        this.dnn = dnn;
        this.device = device;
        this.precision = precision;
        plans = new PlanCache(dnn, this::firstOf);
        properties = dnn.createDescriptor(DEVICEPROP_DESCRIPTOR);
        try {
            byte[] text = (device.properties() + "\0").getBytes(StandardCharsets.UTF_8);
            dnn.setAttribute(properties, DEVICEPROP_JSON_REPRESENTATION, TYPE_CHAR, text);
            dnn.finalizeDescriptor(properties);
        } catch (CudaException refused) {
            dnn.destroyDescriptor(properties);
            throw new UserException("cuDNN does not take the description of " + device.name() + ": "
                    + refused.getMessage() + ". Compare it with that of a device that it takes, such as "
                    + "core/src/main/resources/io/gimbal/devices/h200.json.", refused);
        }
    }

    /**
     * Plans for a device with the cuDNN that this process finds.
     *
     * @throws UserException where there is no cuDNN, it is too old, or it does not take the description
     */
    public static DescribedPlanner of(DeviceDescription device, Precision precision) {
        return of(DnnLibrary.find(LibrarySearch.ofProcess()), device, precision);
    }

    static DescribedPlanner of(DnnLibrary library, DeviceDescription device, Precision precision) {
        if (!library.report().loaded()) {
            throw new UserException("To plan for a device that is not here NVIDIA's cuDNN is needed, which needs no GPU"
                    + " for it: pip install --no-deps --target FOLDER nvidia-cudnn-cu13 nvidia-cublas"
                    + " nvidia-cuda-nvrtc, and set " + LibrarySearch.WHEELS
                    + "=FOLDER; `gimbal devices` lists where it was looked for.");
        }
        long version = library.dnn().version();
        if (version < FIRST_VERSION) {
            throw new UserException(library.report().path() + " is of version " + version
                    + "; to plan for a device that is not here, cuDNN 9.8 (90800) or newer is needed.");
        }
        return new DescribedPlanner(library.dnn(), device, precision);
    }

    @Override
    public ConvolutionPlan plan(ConvolutionDirection direction, ConvolutionGeometry geometry) {
        return plans.plan(direction, geometry);
    }

    private ConvolutionPlan firstOf(ConvolutionDirection direction, ConvolutionGeometry geometry) {
        PlanningTarget target = PlanningTarget.described(properties);
        try (EngineCandidates candidates = new EngineCandidates(dnn, precision, target, direction, geometry)) {
            return candidates.plans(TimedPlanner.mostWorkspaceBytes(device.memoryBytes())).findFirst()
                    .orElseThrow(() -> candidates.none(TimedPlanner.describe(precision, direction, geometry)));
        }
    }

    @Override
    public String describe(ConvolutionPlan plan) {
        return plan.describe(dnn);
    }

    @Override
    public void close() {
        plans.close();
        dnn.destroyDescriptor(properties);
    }
}
