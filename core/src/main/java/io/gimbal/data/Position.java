package io.gimbal.data;

/**
 * A place in the endless sequence of training batches: all that a checkpoint needs to go on with the same data.
 *
 * @param seed  the seed of the {@link Sampler} that made the sequence
 * @param epoch passes over the data set, from 0
 * @param batch batches of that epoch, from 0
 */
public record Position(long seed, long epoch, int batch) {

    /** Checks the signs. */
    public Position {
        if (epoch < 0 || batch < 0) {
            throw new IllegalArgumentException("epoch " + epoch + " and batch " + batch + " must not be negative");
        }
    }

    /** {@return the three numbers, for a checkpoint: seed, epoch, batch} */
    public long[] toLongs() {
        return new long[] {seed, epoch, batch};
    }

    /**
     * The inverse of {@link #toLongs()}.
     *
     * @param values three numbers
     * @return the position
     */
    public static Position ofLongs(long... values) {
        if (values.length != 3) {
            throw new IllegalArgumentException("a data position is 3 numbers (seed, epoch, batch), not "
                    + values.length);
        }
        return new Position(values[0], values[1], Math.toIntExact(values[2]));
    }
}
