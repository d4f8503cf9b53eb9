package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatchPipelineTest {
    private static final NumberedSet DATA = new NumberedSet(17, -1);

    @Test
    void batchesAreTheSameForAnyNumberOfThreadsAndSlots() {
        Sampler sampler = Sampler.training(17, 4, 5, true, true);
        List<String> expected = take(sampler, sampler.start(), 1, 1, 13);
        assertEquals(expected, take(sampler, sampler.start(), 3, 1, 13));
        assertEquals(expected, take(sampler, sampler.start(), 3, 5, 13));
        assertEquals(expected, take(sampler, sampler.start(), 2, 8, 13));
    }

    @Test
    void everySampleStandsWhereTheSamplerSaysWithItsLabels() {
        Sampler sampler = Sampler.training(17, 4, 5, true, true);
        List<Slot> slots = slots(3, 4);
        try (BatchPipeline pipeline = new BatchPipeline(DATA, sampler, sampler.start(), slots, 2)) {
            for (int k = 0; k < 9; k++) {
                Batch batch = pipeline.next();
                assertEquals(k % 3, batch.slot());
                assertEquals(4, batch.real());
                Slot slot = slots.get(batch.slot());
                for (int place = 0; place < 4; place++) {
                    int index = sampler.index(batch.position(), place);
                    float value = sampler.flip(batch.position(), place) ? index + 0.5f : index;
                    for (int i = 0; i < 18; i++) {
                        assertEquals(value, slot.image().getFloat(4 * (place * 18 + i)));
                    }
                    for (int i = 0; i < 6; i++) {
                        assertEquals(index, slot.targets().get("class").getInt(4 * (place * 6 + i)));
                        assertEquals(index * 2, slot.targets().get("value").getFloat(4 * (place * 12 + 2 * i)));
                    }
                }
                pipeline.release(batch.slot());
            }
        }
    }

    @Test
    void aResumedPipelineGoesOnAsIfItHadNeverStopped() {
        Sampler sampler = Sampler.training(17, 4, 5, true, true);
        List<String> whole = take(sampler, sampler.start(), 3, 2, 12);
        Position saved = sampler.start();
        for (int k = 0; k < 7; k++) {
            saved = sampler.after(saved);
        }
        Position restored = Position.ofLongs(saved.toLongs());
        assertEquals(whole.subList(7, 12), take(Sampler.training(17, 4, 5, true, true), restored, 3, 2, 5));
    }

    @Test
    void theLastBatchOfAnEvaluationIsPaddedWithoutLabels() {
        Sampler sampler = Sampler.evaluation(6, 4);
        List<Slot> slots = slots(1, 4);
        try (BatchPipeline pipeline = new BatchPipeline(DATA, sampler, sampler.start(), slots, 2)) {
            assertTrue(pipeline.hasNext());
            pipeline.release(pipeline.next().slot());
            Batch last = pipeline.next();
            assertEquals(2, last.real());
            assertTrue(last.last());
            ByteBuffer classes = slots.getFirst().targets().get("class");
            ByteBuffer values = slots.getFirst().targets().get("value");
            assertEquals(5, classes.getInt(4 * 11));
            for (int i = 12; i < 24; i++) {
                assertEquals(999, classes.getInt(4 * i));
                assertEquals(-1, values.getFloat(8 * i));
            }
            assertEquals(0, slots.getFirst().image().getFloat(4 * 71));
            pipeline.release(last.slot());
            assertFalse(pipeline.hasNext());
            assertThrows(NoSuchElementException.class, pipeline::next);
        }
    }

    @Test
    void aFailureComesOutAsItselfAfterTheBatchesBeforeIt() {
        NumberedSet broken = new NumberedSet(16, 9);
        Sampler sampler = Sampler.training(16, 2, 0, false, false);
        for (int threads : new int[] {1, 4}) {
            try (BatchPipeline pipeline = new BatchPipeline(broken, sampler, sampler.start(), slots(3, 2), threads)) {
                for (int k = 0; k < 4; k++) {
                    pipeline.release(pipeline.next().slot());
                }
                UserException failure = assertThrows(UserException.class, pipeline::next);
                assertEquals("sample 9.png: a damaged picture", failure.getMessage());
                assertEquals(failure, assertThrows(UserException.class, pipeline::next));
            }
        }
    }

    @Test
    void closingStopsThreadsThatWaitAndThreadsThatWork() {
        Sampler sampler = Sampler.training(17, 4, 5, true, true);
        BatchPipeline pipeline = new BatchPipeline(DATA, sampler, sampler.start(), slots(2, 4), 3);
        pipeline.next();
        assertTimeoutPreemptively(Duration.ofSeconds(10), pipeline::close);
        assertThrows(IllegalStateException.class, pipeline::next);
        pipeline.close();
        assertFalse(Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().startsWith("gimbal-data-") && thread.isAlive()));
    }

    @Test
    void anInterruptedConsumerStaysInterrupted() throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        DataSet slow = new Waiting(never);
        Sampler sampler = Sampler.training(17, 4, 5, true, true);
        BatchPipeline pipeline = new BatchPipeline(slow, sampler, sampler.start(), slots(1, 4), 1);
        boolean[] seen = new boolean[1];
        Thread consumer = new Thread(() -> {
            assertThrows(IllegalStateException.class, pipeline::next);
            seen[0] = Thread.currentThread().isInterrupted();
        });
        consumer.start();
        consumer.interrupt();
        consumer.join();
        assertTrue(seen[0]);
        never.countDown();
        pipeline.close();
    }

    @Test
    void asManyBatchesAreMadeAheadAsThereAreSlots() throws InterruptedException {
        CountDownLatch read = new CountDownLatch(12);
        DataSet counted = new Counted(read);
        Sampler sampler = Sampler.training(17, 4, 5, true, true);
        BatchPipeline pipeline = new BatchPipeline(counted, sampler, sampler.start(), slots(3, 4), 2);
        read.await();
        pipeline.close();
    }

    @Test
    void slotsAreHeldAndReleasedOnce() {
        Sampler sampler = Sampler.training(17, 4, 5, true, true);
        try (BatchPipeline pipeline = new BatchPipeline(DATA, sampler, sampler.start(), slots(1, 4), 1)) {
            assertThrows(IllegalArgumentException.class, () -> pipeline.release(0));
            Batch batch = pipeline.next();
            assertThrows(IllegalStateException.class, pipeline::next);
            pipeline.release(batch.slot());
            assertThrows(IllegalArgumentException.class, () -> pipeline.release(0));
            assertThrows(IllegalArgumentException.class, () -> pipeline.release(7));
            pipeline.next();
        }
    }

    @Test
    void aSlotThatIsTooSmallOrAsksForAnUnknownFieldIsRefused() {
        Sampler sampler = Sampler.training(17, 4, 5, true, true);
        assertThrows(IllegalArgumentException.class, () -> new BatchPipeline(DATA, sampler, sampler.start(),
                slots(1, 3), 1));
        Slot unknown = new Slot(ByteBuffer.allocate(4 * 72), Map.of("depth", ByteBuffer.allocate(96)));
        IllegalArgumentException exception = assertThrows(IllegalArgumentException.class,
                () -> new BatchPipeline(DATA, sampler, sampler.start(), List.of(unknown), 1));
        assertTrue(exception.getMessage().contains("it has class, value"), exception.getMessage());
        assertThrows(IllegalArgumentException.class, () -> new BatchPipeline(DATA, sampler, sampler.start(), List.of(),
                1));
        assertThrows(IllegalArgumentException.class, () -> new BatchPipeline(DATA, sampler, sampler.start(),
                slots(1, 4), 0));
    }

    @Test
    void aSlotOfAnotherBatchOrAnotherSizeOfPictureIsRefusedSinceItsRestWouldBeLeftFromBefore() {
        Sampler sampler = Sampler.training(17, 4, 5, true, true);
        String message = assertThrows(IllegalArgumentException.class, () -> new BatchPipeline(DATA, sampler,
                sampler.start(), slots(1, 5), 1)).getMessage();
        assertTrue(message.contains("360 bytes; a batch of 4 samples of this data set has 288"), message);
    }

    @Test
    void slotsOfDifferentFieldsAreRefused() {
        Sampler sampler = Sampler.training(17, 4, 5, true, true);
        List<Slot> slots = List.of(Slot.allocate(DATA, 4, List.of("class")), Slot.allocate(DATA, 4, List.of("value")));
        String message = assertThrows(IllegalArgumentException.class, () -> new BatchPipeline(DATA, sampler,
                sampler.start(), slots, 1)).getMessage();
        assertEquals("slots have different fields: [class] and [value]", message);
    }

    @Test
    void aSamplerOfMoreSamplesThanThereAreIsRefused() {
        Sampler sampler = Sampler.evaluation(18, 4);
        String message = assertThrows(IllegalArgumentException.class, () -> new BatchPipeline(DATA, sampler,
                sampler.start(), slots(1, 4), 1)).getMessage();
        assertEquals("the sampler takes 18 samples, and the data set has 17", message);
    }

    @Test
    void aDataSetThatMovesPositionsLimitsAndByteOrdersFindsThemAsTheyWereEachTime() {
        Sampler sampler = Sampler.training(17, 4, 5, false, false);
        List<Slot> slots = slots(1, 4);
        try (BatchPipeline pipeline = new BatchPipeline(new Moving(), sampler, sampler.start(), slots, 1)) {
            for (int k = 0; k < 3; k++) {
                Batch batch = pipeline.next();
                assertEquals(4 * k + 3, slots.getFirst().image().getFloat(4 * (3 * 18 + 17)));
                assertEquals(4 * k + 3, slots.getFirst().targets().get("class").getInt(4 * (3 * 6 + 5)));
                pipeline.release(batch.slot());
            }
        }
    }

    /** Puts where the buffers stand, and leaves them in disorder. */
    private record Moving() implements DataSet {
        @Override
        public int size() {
            return DATA.size();
        }

        @Override
        public int height() {
            return DATA.height();
        }

        @Override
        public int width() {
            return DATA.width();
        }

        @Override
        public List<Field> fields() {
            return DATA.fields();
        }

        @Override
        public void read(int index, boolean flip, FloatBuffer image, Map<String, ByteBuffer> targets) {
            while (image.hasRemaining()) {
                image.put(index);
            }
            image.limit(1);
            targets.values().forEach(target -> {
                while (target.hasRemaining()) {
                    target.putInt(index);
                }
                target.order(target.order() == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
            });
        }
    }

    private static List<Slot> slots(int count, int batch) {
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            slots.add(Slot.allocate(DATA, batch, List.of("class", "value")));
        }
        return slots;
    }

    /** The batches as text: every value of the images, and the position. */
    private static List<String> take(Sampler sampler, Position start, int slotCount, int threads, int batches) {
        List<String> taken = new ArrayList<>();
        List<Slot> slots = slots(slotCount, sampler.batchSize());
        try (BatchPipeline pipeline = new BatchPipeline(DATA, sampler, start, slots, threads)) {
            Position expected = start;
            for (int k = 0; k < batches; k++) {
                Batch batch = pipeline.next();
                assertEquals(expected, batch.position());
                expected = batch.next();
                StringBuilder text = new StringBuilder(batch.position().toString());
                for (int i = 0; i < sampler.batchSize() * 18; i++) {
                    text.append(' ').append(slots.get(batch.slot()).image().getFloat(4 * i));
                }
                taken.add(text.toString());
                pipeline.release(batch.slot());
            }
        }
        return taken;
    }

    /** Numbered samples that come only once the latch is open. */
    private record Waiting(CountDownLatch latch) implements DataSet {
        @Override
        public int size() {
            return DATA.size();
        }

        @Override
        public int height() {
            return DATA.height();
        }

        @Override
        public int width() {
            return DATA.width();
        }

        @Override
        public List<Field> fields() {
            return DATA.fields();
        }

        @Override
        public void read(int index, boolean flip, java.nio.FloatBuffer image, Map<String, ByteBuffer> targets) {
            try {
                latch.await();
            } catch (InterruptedException interruption) {
                throw new IllegalStateException(interruption);
            }
            DATA.read(index, flip, image, targets);
        }
    }

    /** Numbered samples that are counted. */
    private record Counted(CountDownLatch latch) implements DataSet {
        @Override
        public int size() {
            return DATA.size();
        }

        @Override
        public int height() {
            return DATA.height();
        }

        @Override
        public int width() {
            return DATA.width();
        }

        @Override
        public List<Field> fields() {
            return DATA.fields();
        }

        @Override
        public void read(int index, boolean flip, java.nio.FloatBuffer image, Map<String, ByteBuffer> targets) {
            DATA.read(index, flip, image, targets);
            latch.countDown();
        }
    }
}
