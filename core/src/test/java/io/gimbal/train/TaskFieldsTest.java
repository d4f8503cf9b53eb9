package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.data.BatchPipeline;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Sampler;
import io.gimbal.data.Slot;
import io.gimbal.device.Device;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.nn.Layers;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A data set of a program's own, and a trainer that it fits or does not fit. */
@Tag("device")
class TaskFieldsTest {
    private static final int SIDE = 8;
    private static final int BATCH = 2;
    private static final Field PARTS = Field.ofClasses("parts", 3, 255);
    private static final Field HEIGHT = Field.ofValues("height", 1, -1);
    private static final Loss CLASSES = Loss.crossEntropy(3).ignore(255);
    private static final Loss VALUES = Loss.l1().ignore(-1);

    private static Device device;

    @BeforeAll
    static void open() {
        device = GuardedDevice.open();
    }

    @AfterAll
    static void close() {
        GuardedDevice.close(device);
    }

    /** Black pictures of the first class everywhere. */
    private record Own(List<Field> fields, int height, int width) implements DataSet {
        Own(Field... fields) {
            this(List.of(fields), SIDE, SIDE);
        }

        @Override
        public int size() {
            return 4;
        }

        @Override
        public void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
            for (int i = 0; i < height * width * channels(); i++) {
                image.put(i, 0);
            }
            targets.forEach((name, target) -> {
                for (int i = 0; i < target.capacity(); i++) {
                    target.put(i, (byte) 0);
                }
            });
        }
    }

    private static Trainer trainer(Loss parts, Loss height) {
        Network network = Network.ofImages(3, SIDE, SIDE).trunk(Layers.conv2d(4, 3).padding(1), Layers.relu())
                .head("parts", Layers.conv2d(3, 1)).head("height", Layers.conv2d(1, 1));
        return Trainer.of(device, network).task("parts", parts).task("height", height).batch(BATCH).build();
    }

    /** Two steps on the data. */
    private static void train(Trainer trainer, DataSet data, List<Slot> slots) {
        Sampler sampler = Sampler.training(data.size(), BATCH, 1, true, false);
        try (BatchPipeline batches = new BatchPipeline(data, sampler, sampler.start(), slots, 1)) {
            trainer.advance(batches);
            trainer.advance(batches);
            trainer.drain();
            trainer.settle(batches);
        }
    }

    private static void assertRefused(String message, Loss parts, Loss height, DataSet data) {
        try (Trainer trainer = trainer(parts, height)) {
            assertEquals(message, assertThrows(UserException.class,
                    () -> train(trainer, data, trainer.slots())).getMessage());
            assertEquals(0, trainer.step().submitted());
        }
    }

    @Test
    void aLossThatIgnoresAnotherNumberThanTheDataMarkUnlabelledPlacesWithIsRefused() {
        assertRefused("task 'parts': ignore is -100, but the field 'parts' marks unlabelled places with class 255; "
                + "take 255", Loss.crossEntropy(3), VALUES, new Own(PARTS, HEIGHT));
        assertRefused("task 'height': ignore is not given, but the field 'height' marks unlabelled places with -1; "
                + "take -1", CLASSES, Loss.l1(), new Own(PARTS, HEIGHT));
        assertRefused("task 'height': ignore is -1, but the field 'height' marks unlabelled places with 0.5; take 0.5",
                CLASSES, VALUES, new Own(PARTS, Field.ofValues("height", 1, 0.5f)));
    }

    @Test
    void aLossOfAnotherKindOrOtherClassesIsRefused() {
        assertRefused("task 'parts': classes is 3, but the field 'parts' has 4", CLASSES, VALUES,
                new Own(Field.ofClasses("parts", 4, 255), HEIGHT));
        assertRefused("task 'height': loss is l1, but the field 'height' holds classes; take cross_entropy", CLASSES,
                VALUES, new Own(PARTS, Field.ofClasses("height", 2, 255)));
    }

    @Test
    void picturesOfAsManyPixelsInAnotherShapeAreRefused() {
        assertRefused("the network takes 3 x 8 x 8, but the data set has images of 3 x 4 x 16", CLASSES, VALUES,
                new Own(List.of(PARTS, HEIGHT), 4, 16));
    }

    @Test
    void slotsOfSomebodyElseAreRefusedAndThoseOfTheTrainerAreTakenAfterwards() {
        try (Trainer trainer = trainer(CLASSES, VALUES)) {
            Own data = new Own(PARTS, HEIGHT);
            List<Slot> other = List.of(Slot.allocate(data, BATCH, List.of("parts", "height")),
                    Slot.allocate(data, BATCH, List.of("parts", "height")));
            String message = assertThrows(UserException.class, () -> train(trainer, data, other)).getMessage();
            assertTrue(message.contains("slots()"), message);
            assertEquals(0, trainer.step().submitted());
            train(trainer, data, trainer.slots());
            assertEquals(2, trainer.step().submitted());
            assertEquals(0, trainer.rejectedSteps());
        }
    }
}
