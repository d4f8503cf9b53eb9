package io.gimbal.data;

import io.gimbal.config.Counts;
import io.gimbal.config.UserException;
import java.util.Arrays;

/**
 * The order in which the samples of a data set are taken, as a pure function of the seed: which sample stands where in
 * which batch, and how it is varied. It holds no position of its own, so it is safe for use by several threads,
 * and any place of the sequence can be gone to at once.
 *
 * <p>There are two kinds. {@linkplain #training Training} goes on for ever, epoch after epoch, each in its own order;
 * what is left at the end of an epoch and does not fill a batch is <b>dropped</b> (shapes are static; another order
 * leaves out others). {@linkplain #evaluation Evaluation} is one pass in the set's order without flips, its last batch
 * padded.
 */
public final class Sampler {
    private final int size;
    /** Of all ranks together; a rank has as many places of it, from {@link #first} on, as it has of a batch. */
    private final int wholeBatch;
    private final int first;
    private final int batchSize;
    private final long seed;
    private final boolean training;
    private final boolean shuffle;
    private final Augmentation augmentation;
    private volatile Epoch recent;

    private Sampler(int size, int wholeBatch, int first, int batchSize, long seed, boolean training, boolean shuffle,
            Augmentation augmentation) {
        Counts.atLeast("size", size, 1);
        Counts.atLeast("batchSize", batchSize, 1);
        if (training && size < wholeBatch) {
            throw new UserException("The data set has " + size + " samples, less than one batch of " + wholeBatch
                    + ". Make the batch at most " + size + ", or take more samples.");
        }
        this.size = size;
        this.wholeBatch = wholeBatch;
        this.first = first;
        this.batchSize = batchSize;
        this.seed = seed;
        this.training = training;
        this.shuffle = shuffle;
        this.augmentation = augmentation;
    }

    /**
     * Endless epochs.
     *
     * @param size      samples in the data set
     * @param batchSize samples in a batch, at most {@code size}
     * @param seed      decides order and flips
     * @param shuffle   a fresh random order each epoch; otherwise the set's own
     * @param flips     mirrors each sample with probability one half, drawn anew each epoch
     * @return the sampler
     * @throws UserException if the set has less samples than a batch
     */
    public static Sampler training(int size, int batchSize, long seed, boolean shuffle, boolean flips) {
        return training(size, batchSize, seed, shuffle, Augmentation.flips(flips));
    }

    /**
     * Endless epochs of varied samples.
     *
     * @param size         samples in the data set
     * @param batchSize    samples in a batch, at most {@code size}
     * @param seed         decides order and variations
     * @param shuffle      a fresh random order each epoch; otherwise the set's own
     * @param augmentation by what samples are varied, drawn anew each epoch
     * @return the sampler
     * @throws UserException if the set has less samples than a batch
     */
    public static Sampler training(int size, int batchSize, long seed, boolean shuffle, Augmentation augmentation) {
        return new Sampler(size, batchSize, 0, batchSize, seed, true, shuffle, augmentation);
    }

    /**
     * {@return what one of several ranks takes of each of these batches: the places of the whole batch are shared out
     * in equal parts, in the ranks' order, so that all ranks together take what this takes, varied alike}
     *
     * @param rank  from 0
     * @param ranks how many there are
     * @throws UserException            if a batch cannot be shared out in equal parts
     * @throws IllegalArgumentException if there is no such rank, or this is no training's
     */
    public Sampler part(int rank, int ranks) {
        if (!training || rank < 0 || rank >= ranks || first != 0 || batchSize != wholeBatch) {
            throw new IllegalArgumentException("rank " + rank + " of " + ranks + " has no part of it");
        }
        int own = share(batchSize, ranks);
        return new Sampler(size, batchSize, rank * own, own, seed, true, shuffle, augmentation);
    }

    /**
     * {@return how many examples of a batch each of several ranks takes}
     *
     * @param batch of all ranks
     * @param ranks how many there are, at least 1
     * @throws UserException if the batch cannot be shared out in equal parts
     */
    public static int share(int batch, int ranks) {
        if (batch % ranks != 0) {
            throw new UserException("A batch of " + batch + " cannot be shared out to " + ranks
                    + " ranks in equal parts. Make the batch a multiple of " + ranks + ", such as "
                    + Math.ceilDiv(batch, ranks) * ranks + ", or take another number of ranks.");
        }
        return batch / ranks;
    }

    /**
     * One pass over the first {@code size} samples in order, the last batch padded with unlabelled samples.
     *
     * @param size      samples, at least 1
     * @param batchSize samples in a batch
     * @return the sampler
     */
    public static Sampler evaluation(int size, int batchSize) {
        return new Sampler(size, batchSize, 0, batchSize, 0, false, false, Augmentation.NONE);
    }

    /** How many samples are taken in an epoch, those of an incomplete batch included. */
    int size() {
        return size;
    }

    /** {@return how many samples a batch has; of a rank's part of it, how many that has} */
    public int batchSize() {
        return batchSize;
    }

    /** {@return how many batches an epoch has: training drops an incomplete last one, evaluation counts it} */
    public int batchesPerEpoch() {
        return training ? size / wholeBatch : Math.ceilDiv(size, batchSize);
    }

    /** {@return the first batch of the first epoch} */
    public Position start() {
        return new Position(seed, 0, 0);
    }

    /**
     * {@return the position after a given one}
     *
     * @param position of a batch
     */
    public Position after(Position position) {
        boolean last = position.batch() + 1 == batchesPerEpoch();
        return last ? new Position(seed, position.epoch() + 1, 0)
                : new Position(seed, position.epoch(), position.batch() + 1);
    }

    /**
     * {@return whether a batch stands there: always in training; in evaluation during the one pass}
     *
     * @param position of a batch
     */
    public boolean has(Position position) {
        return training || position.epoch() == 0;
    }

    /**
     * Refuses a position that this sampler's sequence does not have.
     *
     * @param position to go on from
     * @throws IllegalArgumentException if it comes from another seed or is past the epoch's last batch
     */
    public void check(Position position) {
        if (position.seed() != seed) {
            throw new IllegalArgumentException("the data position was saved with seed " + position.seed()
                    + ", this sequence has seed " + seed);
        }
        if (position.batch() >= batchesPerEpoch()) {
            throw new IllegalArgumentException("the data position is batch " + position.batch()
                    + " of an epoch that has "
                    + batchesPerEpoch() + ": it was saved with another data set or batch size");
        }
    }

    /**
     * {@return how many samples of the batch at that position are real; the rest is padding}
     *
     * @param position of a batch
     */
    public int real(Position position) {
        return Math.min(batchSize, size - position.batch() * wholeBatch - first);
    }

    /**
     * {@return which sample stands at a place (0 to {@link #real} - 1) of the batch at that position}
     *
     * @param position of a batch
     * @param place    from 0
     */
    public int index(Position position, int place) {
        int number = position.batch() * wholeBatch + first + place;
        return shuffle ? epoch(position.epoch()).order[number] : number;
    }

    /**
     * {@return whether the sample at a place of the batch at that position is mirrored}
     *
     * @param position of a batch
     * @param place    from 0
     */
    public boolean flip(Position position, int place) {
        if (!augmentation.flip()) {
            return false;
        }
        return Randomness.mix(Randomness.mix(Randomness.mix(seed) + position.epoch()) + index(position, place)) < 0;
    }

    /**
     * {@return how the sample at a place of the batch at that position is varied}
     *
     * @param position of a batch
     * @param place    from 0
     */
    public Variation variation(Position position, int place) {
        return augmentation.draw(seed, position.epoch(), index(position, place), flip(position, place));
    }

    private Epoch epoch(long number) {
        Epoch known = recent;
        if (known == null || known.number != number) {
            known = new Epoch(number, permutation(number));
            recent = known;
        }
        return known;
    }

    private int[] permutation(long epoch) {
        Randomness randomness = new Randomness(seed, epoch);
        int[] order = new int[size];
        Arrays.setAll(order, i -> i);
        for (int i = size - 1; i > 0; i--) {
            int other = randomness.below(i + 1);
            int swapped = order[i];
            order[i] = order[other];
            order[other] = swapped;
        }
        return order;
    }

    private record Epoch(long number, int[] order) { }
}
