package io.gimbal.dnn;

import static io.gimbal.cuda.DnnNames.*;

/** Which of a convolution's three products is wanted, with its descriptor and the names of its attributes in cuDNN. */
public enum ConvolutionDirection {
    FORWARD("forward", OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
            OPERATION_CONVOLUTION_FORWARD_X, OPERATION_CONVOLUTION_FORWARD_W,
            OPERATION_CONVOLUTION_FORWARD_Y, OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
            OPERATION_CONVOLUTION_FORWARD_ALPHA, OPERATION_CONVOLUTION_FORWARD_BETA),
    BACKWARD_DATA("backward data", OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
            OPERATION_CONVOLUTION_BWD_DATA_DX, OPERATION_CONVOLUTION_BWD_DATA_W,
            OPERATION_CONVOLUTION_BWD_DATA_DY, OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
            OPERATION_CONVOLUTION_BWD_DATA_ALPHA, OPERATION_CONVOLUTION_BWD_DATA_BETA),
    BACKWARD_FILTER("backward filter", OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
            OPERATION_CONVOLUTION_BWD_FILTER_X, OPERATION_CONVOLUTION_BWD_FILTER_DW,
            OPERATION_CONVOLUTION_BWD_FILTER_DY, OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
            OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, OPERATION_CONVOLUTION_BWD_FILTER_BETA);

    private final String text;
    private final int descriptor;
    private final int x;
    private final int w;
    private final int y;
    private final int convolution;
    private final int alpha;
    private final int beta;

    ConvolutionDirection(String text, int descriptor, int x, int w, int y, int convolution, int alpha, int beta) {
        this.text = text;
        this.descriptor = descriptor;
        this.x = x;
        this.w = w;
        this.y = y;
        this.convolution = convolution;
        this.alpha = alpha;
        this.beta = beta;
    }

    /** Its name in reports and files. */
    public String text() {
        return text;
    }

    int descriptor() {
        return descriptor;
    }

    /** The images, or their gradient. */
    int x() {
        return x;
    }

    /** The filter, or its gradient. */
    int w() {
        return w;
    }

    /** The output, or its gradient. */
    int y() {
        return y;
    }

    int convolution() {
        return convolution;
    }

    int alpha() {
        return alpha;
    }

    int beta() {
        return beta;
    }
}
