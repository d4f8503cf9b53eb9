package io.gimbal.program;

import io.gimbal.cuda.Collectives.Reduction;
import io.gimbal.device.Device;
import io.gimbal.device.Stream;
import io.gimbal.dnn.ConvolutionDirection;
import io.gimbal.dnn.ConvolutionGeometry;
import io.gimbal.dnn.ConvolutionPlan;
import java.util.List;

/**
 * One piece of work of a program.
 *
 * @param section the operation of the network, or the part of the step, that it belongs to
 * @param buffers every buffer that it reads or writes: they are alive while it runs
 * @param call    what it is
 * @param work    puts it on a stream; the buffers have their addresses
 */
public record Instruction(String section, List<Buffer> buffers, Call call, Work work) {
    /** Puts the work on a stream of the device. */
    @FunctionalInterface
    public interface Work {
        /**
         * Puts it on a stream.
         *
         * @param device where it runs
         * @param stream of the device
         */
        void enqueue(Device device, Stream stream);
    }

    /** What a piece of work is, for whoever counts it. */
    public sealed interface Call {
        /**
         * A kernel of {@code kernels/FILE.cu}, its arguments as {@link ProgramBuilder} takes them.
         *
         * @param file      the subject, such as "elementwise"
         * @param name      the kernel's
         * @param blocks    how many
         * @param arguments one for each parameter
         */
        record Kernel(String file, String name, int blocks, List<Object> arguments) implements Call {}

        /**
         * A convolution by cuDNN.
         *
         * @param direction forward, or of which of the two backward
         * @param geometry  its shapes
         * @param plan      by which engine
         * @param x         the images, or their cotangent
         * @param filter    the filters, or their gradient
         * @param y         the output, or its cotangent
         */
        record Convolved(ConvolutionDirection direction, ConvolutionGeometry geometry, ConvolutionPlan plan, Region x,
                Region filter, Region y) implements Call {}

        /**
         * The matrix product C [rows, columns] by cuBLAS, as {@link ProgramBuilder#multiply} takes it.
         *
         * @param transposeA whether A lies transposed
         * @param transposeB whether B lies transposed
         * @param rows       of C
         * @param columns    of C
         * @param inner      the dimension that is summed over
         * @param a          where A lies
         * @param b          where B lies
         * @param c          where C lies
         * @param floats     whether C is float32 even where A and B are not
         */
        record Product(boolean transposeA, boolean transposeB, int rows, int columns, int inner, Region a, Region b,
                Region c, boolean floats) implements Call {}

        /**
         * What all ranks do together, by NCCL.
         *
         * @param kind   what is made of what the ranks have
         * @param parts  what it is made of; one launch
         * @param beside whether later work goes on meanwhile, up to the next {@link Awaited}
         */
        record Exchange(Kind kind, List<Exchanged> parts, boolean beside) implements Call {
            /** What is made of what the ranks have. */
            public enum Kind {
                /** Every rank gets the sum. */
                SUM(Reduction.SUM),
                /** Every rank gets the mean. */
                AVERAGE(Reduction.AVERAGE),
                /** Every rank gets all ranks' parts, one behind the other. */
                GATHER(null);

                private final Reduction reduction;

                Kind(Reduction reduction) {
                    this.reduction = reduction;
                }

                Reduction reduction() {
                    return reduction;
                }
            }
        }

        /** Waits for all exchanges that go on beside. */
        record Awaited() implements Call {}
    }

    /** Whether a library does it, which may allocate or load code when it runs for the first time. */
    boolean library() {
        return !(call instanceof Call.Kernel);
    }

    /**
     * Puts it on a stream of the device.
     *
     * @param device where it runs
     * @param stream of the device
     */
    public void enqueue(Device device, Stream stream) {
        work.enqueue(device, stream);
    }
}
