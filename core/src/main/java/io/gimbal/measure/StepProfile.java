package io.gimbal.measure;

import io.gimbal.dnn.DeviceLimits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where the time of a training step goes, as the device's events measured it. Times are seconds.
 *
 * @param step        of the whole step as one graph, without the upload
 * @param upload      of a batch, from page-locked memory
 * @param uploadBytes of a batch
 * @param limits      what the device can do at best
 * @param pieces      all that the step runs, in the order in which each first comes; together they hold every
 *     instruction once
 */
public record StepProfile(Distribution step, Distribution upload, long uploadBytes, DeviceLimits limits,
        List<Piece> pieces) {
    /** Keeps a copy. */
    public StepProfile {
        pieces = List.copyOf(pieces);
    }

    /**
     * Work of one kind and shape in one part of the step.
     *
     * @param section      the operation of the network, or the part of the step, that it belongs to
     * @param kind         a kernel's name, "product", or "convolution" with its direction
     * @param shape        its dimensions in words
     * @param convolution  the engine and all else that is known of a convolution; empty for others
     * @param blocks       of a kernel's launch; empty for others
     * @param instructions their places in the step's program, from 0 on
     * @param alone        of all of them, each measured by itself: repeated, so that a cache may hold its tensors
     * @param inOrder      of all of them, each measured where it stands in the step, with the gaps between launches
     * @param cost         operations and bytes of all of them, and the shortest time at the limits
     */
    public record Piece(String section, String kind, String shape,
            Optional<PlannedStep.PlannedConvolution> convolution, OptionalInt blocks, List<Integer> instructions,
            double alone, double inOrder, PlannedStep.Cost cost) {
        /** Keeps a copy. */
        public Piece {
            instructions = List.copyOf(instructions);
        }

        /** {@return how often the step runs it} */
        public int count() {
            return instructions.size();
        }

        private Piece plus(Piece other) {
            List<Integer> all = new ArrayList<>(instructions);
            all.addAll(other.instructions);
            return new Piece(section, kind, shape, convolution, blocks, all, alone + other.alone,
                    inOrder + other.inOrder, cost.plus(other.cost));
        }
    }

    /**
     * A part of the step in all.
     *
     * @param count   instructions
     * @param alone   their time, each measured by itself
     * @param inOrder their time, each measured where it stands
     * @param cost    operations, bytes, and the shortest time at the limits
     */
    public record Sum(int count, double alone, double inOrder, PlannedStep.Cost cost) {
        private static Sum of(Piece piece) {
            return new Sum(piece.count(), piece.alone, piece.inOrder, piece.cost);
        }

        private Sum plus(Sum other) {
            return new Sum(count + other.count, alone + other.alone, inOrder + other.inOrder, cost.plus(other.cost));
        }
    }

    /** Joins what is alike: of one section, kind and shape. */
    static List<Piece> joined(List<Piece> each) {
        record Key(String section, String kind, String shape, OptionalInt blocks) {}

        Map<Key, Piece> joined = new LinkedHashMap<>();
        for (Piece piece : each) {
            joined.merge(new Key(piece.section, piece.kind, piece.shape, piece.blocks), piece, Piece::plus);
        }
        return List.copyOf(joined.values());
    }

    /**
     * {@return the sum of some pieces; of none, zeros}
     *
     * @param some of the pieces
     */
    public static Sum sum(List<Piece> some) {
        return some.stream().map(Sum::of).reduce(new Sum(0, 0, 0, new PlannedStep.Cost(0, 0, 0)), Sum::plus);
    }

    /** {@return the sum of all pieces} */
    public Sum sum() {
        return sum(pieces);
    }

    /** {@return sums by {@link Piece#kind}, in the order in which each first comes} */
    public Map<String, Sum> byKind() {
        Map<String, Sum> sums = new LinkedHashMap<>();
        pieces.forEach(piece -> sums.merge(piece.kind, Sum.of(piece), Sum::plus));
        return sums;
    }
}
