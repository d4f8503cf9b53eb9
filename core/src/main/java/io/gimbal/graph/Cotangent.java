package io.gimbal.graph;

import io.gimbal.program.ProgramBuilder;
import io.gimbal.program.Region;

/**
 * Cotangents of a value: of each task, or their sum. Task t's channel c of place m stands t * taskStride + m *
 * placeStride + c elements behind the region's start.
 *
 * @param region      where it begins
 * @param tasks       T where they are kept by task, 1 where this is the sum or that of one task
 * @param taskStride  elements from task to task
 * @param placeStride elements from place to place
 */
public record Cotangent(Region region, int tasks, long taskStride, int placeStride) {
    /** Vector loads and cuDNN want every tensor that they are given at a multiple of so many bytes. */
    public static final int ALIGNMENT = 16;

    /**
     * Task by task: [T][places][channels]; with one task, [places][channels].
     *
     * @param region where it begins
     * @param tasks  how many rows
     * @param shape  of the value
     * @return the cotangents
     */
    public static Cotangent byTask(Region region, int tasks, Shape shape) {
        return new Cotangent(region, tasks, shape.elements(), shape.channels());
    }

    /**
     * Side by side in the channels: [places][T * channels].
     *
     * @param region where it begins
     * @param tasks  how many rows
     * @param shape  of the value
     * @return the cotangents
     */
    public static Cotangent packed(Region region, int tasks, Shape shape) {
        return new Cotangent(region, tasks, shape.channels(), tasks * shape.channels());
    }

    /**
     * One cotangent, whose places lie that many elements apart.
     *
     * @param region where it begins
     * @param pitch  elements from place to place
     * @return the cotangent
     */
    public static Cotangent single(Region region, int pitch) {
        return new Cotangent(region, 1, 0, pitch);
    }

    /**
     * {@return the channels from that one on}
     *
     * @param channel from 0
     * @param program whose elements they are
     */
    public Cotangent from(int channel, ProgramBuilder program) {
        return new Cotangent(program.element(region, channel), tasks, taskStride, placeStride);
    }

    /**
     * {@return whether each place's channels from that one on begin at a multiple of so many bytes, if its own do}
     *
     * @param channel from 0
     * @param bytes   a power of two
     * @param program whose elements they are
     */
    public boolean isAligned(int channel, int bytes, ProgramBuilder program) {
        int each = program.precision().bytes();
        return channel * each % bytes == 0 && placeStride * each % bytes == 0 && taskStride * each % bytes == 0;
    }

    /**
     * {@return whether its rows lie one behind the other, densely}
     *
     * @param shape of the value
     */
    public boolean isByTask(Shape shape) {
        return placeStride == shape.channels() && (tasks == 1 || taskStride == shape.elements());
    }

    /**
     * {@return whether its rows lie side by side in the channels, densely}
     *
     * @param shape of the value
     */
    public boolean isPacked(Shape shape) {
        return placeStride == tasks * shape.channels() && (tasks == 1 || taskStride == shape.channels());
    }
}
