package io.gimbal.replay;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.engine.BatchLayout;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.graph.Shape;
import io.gimbal.loss.ClassNumbers;
import io.gimbal.loss.CrossEntropy;
import io.gimbal.loss.TaskSpec;
import io.gimbal.program.Peers;
import io.gimbal.storage.Entry;
import io.gimbal.storage.TensorFile;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The batches of a case: {@code batches.safetensors} with tensors {@code K.input.NAME} and {@code K.target.TASK}. */
final class CaseBatches {
    private static final Pattern INPUT = Pattern.compile("(\\d{1,9})\\.input\\..+");

    private final TensorFile file;
    private final Peers peers;
    private final String[] inputs;

    /** @param peers the ranks that share every batch out, in their order */
    CaseBatches(TensorFile file, Peers peers) {
        this.file = file;
        this.peers = peers;
        int count = 0;
        for (String name : file.names()) {
            Matcher input = INPUT.matcher(name);
            if (input.matches()) {
                count = Math.max(count, 1 + Integer.parseInt(input.group(1)));
            }
        }
        if (count == 0 || count > file.names().size()) {
            throw new UserException(file.file()
                    + ": holds no batches; each has a tensor named K.input.NAME, K counting from 0");
        }
        inputs = new String[count];
        for (String name : file.names()) {
            Matcher input = INPUT.matcher(name);
            if (input.matches() && inputs[Integer.parseInt(input.group(1))] == null) {
                inputs[Integer.parseInt(input.group(1))] = name;
            }
        }
        for (int k = 0; k < count; k++) {
            if (inputs[k] == null) {
                throw new UserException(file.file() + ": batch " + k + " has no tensor " + k + ".input.NAME");
            }
        }
    }

    /** How many there are; steps go through them again and again. */
    int count() {
        return inputs.length;
    }

    /** Inputs of batch 0 that are this rank's. */
    int batchSize() {
        Entry entry = file.entry(inputs[0]);
        if (entry.shape().length == 0 || entry.shape()[0] < 1 || entry.shape()[0] > Integer.MAX_VALUE) {
            throw new UserException(file.file() + ": tensor " + Names.quote(inputs[0]) + " is "
                    + Arrays.toString(entry.shape()) + "; it needs a batch of at least 1 in front");
        }
        if (entry.shape()[0] % peers.count() != 0) {
            throw new UserException(file.file() + ": tensor " + Names.quote(inputs[0]) + " has " + entry.shape()[0]
                    + " examples; " + peers.count() + " ranks cannot have equally many of them");
        }
        return (int) (entry.shape()[0] / peers.count());
    }

    /** Writes this rank's part of batch k into host memory as the layout says. */
    void write(int k, NetworkGraph graph, List<TaskSpec> tasks, BatchLayout layout, ByteBuffer into) {
        Shape input = graph.input();
        put(into, 0, toPlaces(own(file.floats(inputs[k], fileShape(input))), input));
        for (int task = 0; task < tasks.size(); task++) {
            String name = k + ".target." + tasks.get(task).name();
            Shape prediction = graph.prediction(task);
            int offset = Math.toIntExact(layout.targetOffset(task));
            if (tasks.get(task).loss() instanceof CrossEntropy loss) {
                putClasses(into, offset, own(file.longs(name, placesShape(prediction))), loss, name);
            } else {
                put(into, offset, toPlaces(own(file.floats(name, fileShape(prediction))), prediction));
            }
        }
    }

    private long[] fileShape(Shape shape) {
        long batch = (long) shape.batch() * peers.count();
        return shape.flat() ? new long[] {batch, shape.channels()}
                : new long[] {batch, shape.channels(), shape.height(), shape.width()};
    }

    private long[] placesShape(Shape shape) {
        long batch = (long) shape.batch() * peers.count();
        return shape.flat() ? new long[] {batch} : new long[] {batch, shape.height(), shape.width()};
    }

    private float[] own(float[] all) {
        int count = all.length / peers.count();
        return Arrays.copyOfRange(all, peers.rank() * count, (peers.rank() + 1) * count);
    }

    private long[] own(long[] all) {
        int count = all.length / peers.count();
        return Arrays.copyOfRange(all, peers.rank() * count, (peers.rank() + 1) * count);
    }

    /** From channels, height, width to places by channels. */
    private static float[] toPlaces(float[] file, Shape shape) {
        int channels = shape.channels();
        int pixels = shape.height() * shape.width();
        float[] places = new float[file.length];
        for (int image = 0; image < shape.batch(); image++) {
            for (int channel = 0; channel < channels; channel++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    places[(image * pixels + pixel) * channels + channel] = file[(image * channels + channel) * pixels
                            + pixel];
                }
            }
        }
        return places;
    }

    private static void put(ByteBuffer into, int offset, float[] values) {
        into.slice(offset, values.length * Float.BYTES).order(into.order()).asFloatBuffer().put(values);
    }

    private void putClasses(ByteBuffer into, int offset, long[] classes, CrossEntropy loss, String name) {
        for (int i = 0; i < classes.length; i++) {
            ClassNumbers.check(file.file() + ": tensor " + Names.quote(name), loss, classes[i]);
            into.putInt(offset + i * Integer.BYTES, (int) classes[i]);
        }
    }
}
