package io.gimbal.checkpoint;

import io.gimbal.config.UserException;
import io.gimbal.data.DataIdentity;
import io.gimbal.data.Position;
import io.gimbal.engine.StepState;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.TensorFile;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How far a run is with its data: what a checkpoint holds besides the step's state. All but steps and position stand in
 * the file's metadata; a checkpoint of an older Gimbal has none of that.
 *
 * @param steps    that are done
 * @param position the data's next batch
 * @param ahead    by how many batches the data's sequence is ahead of the steps; 0 while the data were never changed
 * @param data     the data that were learned from
 * @param heldOut  the data that were validated on
 * @param metrics  how many lines of metrics there are, without that of a validation at this very step
 */
public record Progress(long steps, Position position, long ahead, Optional<DataIdentity> data,
        Optional<DataIdentity> heldOut, OptionalLong metrics) {
    static final String POSITION = "data.position";
    private static final String DATA = "data";
    static final String HELD_OUT = "held_out";
    private static final String AHEAD = "data.ahead";
    private static final String METRICS = "metrics.lines";

    /** Of a training whose data nobody tells of. */
    public static Progress without(long steps) {
        return new Progress(steps, new Position(0, 0, 0), 0, Optional.empty(), Optional.empty(), OptionalLong.empty());
    }

    /** What the file says; the counters are the state's to check. */
    static Progress read(TensorFile file) {
        long[] position = file.longs(POSITION, 3);
        if (position[1] < 0 || position[2] < 0 || position[2] > Integer.MAX_VALUE) {
            throw new UserException(file.file() + ": its data position " + Arrays.toString(position)
                    + " (seed, epoch, batch) cannot be");
        }
        return new Progress(file.longs(StepState.COUNTERS, 4)[0], Position.ofLongs(position),
                number(file, AHEAD).orElse(0), identity(file, DATA), identity(file, HELD_OUT),
                number(file, METRICS));
    }

    /** What stands in a checkpoint's metadata of it. */
    Map<String, String> metadata() {
        Map<String, String> texts = new LinkedHashMap<>();
        put(texts, DATA, data);
        put(texts, HELD_OUT, heldOut);
        texts.put(AHEAD, Long.toString(ahead));
        metrics.ifPresent(lines -> texts.put(METRICS, Long.toString(lines)));
        return texts;
    }

    static void put(Map<String, String> texts, String name, Optional<DataIdentity> identity) {
        identity.ifPresent(known -> {
            texts.put(name + ".count", Integer.toString(known.count()));
            texts.put(name + ".digest", known.digest());
        });
    }

    /** The position as a checkpoint has it: see {@link #POSITION}. */
    HostTensor positionTensor() {
        return HostTensor.ofLongs(new long[] {3}, position.toLongs());
    }

    /** After one more step. */
    public Progress after(Position next, long lines) {
        return new Progress(steps + 1, next, ahead, data, heldOut, OptionalLong.of(lines));
    }

    /** Whether the position is that of these steps in data of so many batches an epoch. */
    public boolean isAt(long batchesPerEpoch) {
        long batches = steps + ahead;
        return batches >= 0 && position.epoch() == batches / batchesPerEpoch
                && position.batch() == batches % batchesPerEpoch;
    }

    /**
     * The same steps with other data: goes on in the epoch that was begun, behind as many batches, or at the start of
     * the next where the data's epoch has no more.
     *
     * @throws ArithmeticException where the position is beyond all numbers
     */
    public Progress with(DataIdentity others, int batchesPerEpoch) {
        boolean over = position.batch() >= batchesPerEpoch;
        Position next = new Position(position.seed(), position.epoch() + (over ? 1 : 0), over ? 0 : position.batch());
        long batches = Math.addExact(Math.multiplyExact(next.epoch(), batchesPerEpoch), next.batch());
        return new Progress(steps, next, batches - steps, Optional.of(others), heldOut, metrics);
    }

    static Optional<DataIdentity> identity(TensorFile file, String name) {
        OptionalLong count = number(file, name + ".count");
        String digest = file.metadata().get(name + ".digest");
        if (count.isEmpty() || digest == null) {
            return Optional.empty();
        }
        return Optional.of(new DataIdentity(Math.toIntExact(Math.clamp(count.getAsLong(), 0, Integer.MAX_VALUE)),
                digest));
    }

    static OptionalLong number(TensorFile file, String key) {
        String text = file.metadata().get(key);
        try {
            return text == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw new UserException(file.file() + ": its metadata's " + key + " is '" + text
                    + "', where a whole number must stand", e);
        }
    }
}
