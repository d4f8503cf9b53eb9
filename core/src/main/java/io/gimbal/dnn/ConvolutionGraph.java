package io.gimbal.dnn;

import static io.gimbal.cuda.DnnNames.*;

import io.gimbal.cuda.Dnn;
import io.gimbal.device.Precision;

/**
 * A convolution as a cuDNN operation graph: images NHWC, filters out, kernel height, kernel width, in; all three
 * tensors of the precision's type, the computation in float32.
 */
final class ConvolutionGraph {
    private final Dnn dnn;
    private final Descriptors made;
    private final int type;

    private ConvolutionGraph(Dnn dnn, Descriptors made, Precision precision) {
        this.dnn = dnn;
        this.made = made;
        this.type = precision == Precision.BF16 ? DATA_BFLOAT16 : DATA_FLOAT;
    }

    /** Builds and finalizes the graph; its descriptors, and so it, live as long as {@code made}. */
    static long build(Dnn dnn, Descriptors made, Precision precision, PlanningTarget target,
            ConvolutionDirection direction, ConvolutionGeometry geometry) {
        return new ConvolutionGraph(dnn, made, precision).build(target, direction, geometry);
    }

    private long build(PlanningTarget target, ConvolutionDirection direction, ConvolutionGeometry g) {
        long x = tensor(ConvolutionPlan.X_ID, g.batch(), g.in(), g.height(), g.width());
        long w = tensor(ConvolutionPlan.W_ID, g.out(), g.in() / g.groups(), g.kernel(), g.kernel());
        long y = tensor(ConvolutionPlan.Y_ID, g.batch(), g.out(), g.outHeight(), g.outWidth());
        long operation = made.create(direction.descriptor());
        dnn.setAttribute(operation, direction.x(), TYPE_BACKEND_DESCRIPTOR, x);
        dnn.setAttribute(operation, direction.w(), TYPE_BACKEND_DESCRIPTOR, w);
        dnn.setAttribute(operation, direction.y(), TYPE_BACKEND_DESCRIPTOR, y);
        dnn.setAttribute(operation, direction.convolution(), TYPE_BACKEND_DESCRIPTOR, convolution(g));
        dnn.setAttribute(operation, direction.alpha(), TYPE_FLOAT, 1f);
        dnn.setAttribute(operation, direction.beta(), TYPE_FLOAT, 0f);
        dnn.finalizeDescriptor(operation);
        long graph = made.create(OPERATIONGRAPH_DESCRIPTOR);
        target.ofGraph(dnn, graph);
        dnn.setAttribute(graph, OPERATIONGRAPH_OPS, TYPE_BACKEND_DESCRIPTOR, operation);
        dnn.finalizeDescriptor(graph);
        return graph;
    }

    private long tensor(long id, long n, long c, long h, long w) {
        long tensor = made.create(TENSOR_DESCRIPTOR);
        dnn.setAttribute(tensor, TENSOR_UNIQUE_ID, TYPE_INT64, id);
        dnn.setAttribute(tensor, TENSOR_DATA_TYPE, TYPE_DATA_TYPE, type);
        dnn.setAttribute(tensor, TENSOR_DIMENSIONS, TYPE_INT64, n, c, h, w);
        dnn.setAttribute(tensor, TENSOR_STRIDES, TYPE_INT64, h * w * c, 1, w * c, c);
        dnn.setAttribute(tensor, TENSOR_BYTE_ALIGNMENT, TYPE_INT64, 16L);
        dnn.finalizeDescriptor(tensor);
        return tensor;
    }

    private long convolution(ConvolutionGeometry g) {
        long convolution = made.create(CONVOLUTION_DESCRIPTOR);
        dnn.setAttribute(convolution, CONVOLUTION_SPATIAL_DIMS, TYPE_INT64, 2L);
        dnn.setAttribute(convolution, CONVOLUTION_COMP_TYPE, TYPE_DATA_TYPE, DATA_FLOAT);
        dnn.setAttribute(convolution, CONVOLUTION_CONV_MODE, TYPE_CONVOLUTION_MODE, CROSS_CORRELATION);
        dnn.setAttribute(convolution, CONVOLUTION_PRE_PADDINGS, TYPE_INT64, g.padding(), (long) g.padding());
        dnn.setAttribute(convolution, CONVOLUTION_POST_PADDINGS, TYPE_INT64, g.padding(), (long) g.padding());
        dnn.setAttribute(convolution, CONVOLUTION_DILATIONS, TYPE_INT64, g.dilation(), (long) g.dilation());
        dnn.setAttribute(convolution, CONVOLUTION_FILTER_STRIDES, TYPE_INT64, g.stride(), (long) g.stride());
        dnn.finalizeDescriptor(convolution);
        return convolution;
    }
}
