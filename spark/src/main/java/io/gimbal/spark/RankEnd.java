package io.gimbal.spark;

import io.gimbal.metric.Score;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/**
 * How a rank's task has ended in good order. Immutable.
 *
 * @param refusal why no rank has trained, or trained on, in a sentence for the user, which another attempt would not
 *                change; empty where all is done
 * @param steps   of the training that are done, where this is rank 0
 * @param scores  of the last validation by task, likewise
 */
record RankEnd(String refusal, long steps, Map<String, List<Score>> scores) implements Serializable {
    static RankEnd refused(String refusal) {
        return new RankEnd(refusal, 0, Map.of());
    }

    /** What rank 0 has done. */
    static RankEnd led(long steps, Map<String, List<Score>> scores) {
        return new RankEnd("", steps, scores);
    }

    /** What the others have. */
    static RankEnd followed() {
        return new RankEnd("", 0, Map.of());
    }

    boolean refused() {
        return !refusal.isEmpty();
    }

    /** By Java's own serialisation: the session's may be another, which knows no records. */
    byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(this);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static RankEnd of(byte[] bytes) {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            return (RankEnd) in.readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new IllegalStateException("executors have other classes of Gimbal than the driver", e);
        }
    }
}
