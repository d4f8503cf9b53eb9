package io.gimbal.dnn;

import static io.gimbal.cuda.DnnNames.*;

import io.gimbal.cuda.Dnn;
import io.gimbal.device.Device;
import io.gimbal.device.Stream;
import java.util.List;

/**
 * A finalized cuDNN execution plan of one convolution.
 *
 * @param workspaceBytes the workspace that it needs
 * @param engine         the engine that runs it
 * @param notes          what cuDNN says of the engine's numbers
 * @param candidates     how many engines cuDNN offered, of those that the precision allows
 */
public record ConvolutionPlan(long descriptor, long workspaceBytes, EngineChoice engine, List<NumericalNote> notes,
        int candidates) {
    static final long X_ID = 'x';
    static final long W_ID = 'w';
    static final long Y_ID = 'y';

    private static final int LONGEST_DESCRIPTION = 1 << 18;

    /** The whole plan in cuDNN's own words: a JSON object. */
    String describe(Dnn dnn) {
        return dnn.attributeText(descriptor, EXECUTION_PLAN_JSON_REPRESENTATION, LONGEST_DESCRIPTION);
    }

    /**
     * Runs it by the stream's handle, which must be the one that it was planned for; during a capture this adds it to
     * the graph. The role of each pointer follows the plan's direction.
     *
     * @param workspace at least {@link #workspaceBytes}; 0 where there are none
     */
    public void enqueue(Device device, Stream stream, long x, long w, long y, long workspace) {
        Dnn dnn = device.dnn();
        long pack = dnn.createDescriptor(VARIANT_PACK_DESCRIPTOR);
        try {
            dnn.setAttribute(pack, VARIANT_PACK_UNIQUE_IDS, TYPE_INT64, X_ID, W_ID, Y_ID);
            dnn.setAttribute(pack, VARIANT_PACK_DATA_POINTERS, TYPE_VOID_PTR, x, w, y);
            dnn.setAttribute(pack, VARIANT_PACK_WORKSPACE, TYPE_VOID_PTR, workspace);
            dnn.finalizeDescriptor(pack);
            dnn.execute(stream.dnnHandle(), descriptor, pack);
        } finally {
            dnn.destroyDescriptor(pack);
        }
    }
}
