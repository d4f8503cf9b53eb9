package io.gimbal.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.engine.StepRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("device")
@Timeout(60)
class PublishedBatchesTest {
    private static Device device;

    @BeforeAll
    static void open() {
        device = GuardedDevice.open();
    }

    @AfterAll
    static void close() {
        GuardedDevice.close(device);
    }

    @AfterEach
    void forgetInterrupts() {
        Thread.interrupted();
    }

    /** Gives an iterator's batches at once, in the thread that asks for them, and keeps what it was asked. */
    private static final class Source implements Flow.Publisher<Examples>, Flow.Subscription {
        private final Iterator<Examples> batches;
        private final Consumer<Flow.Subscriber<? super Examples>> end;
        private final List<Long> asked = new ArrayList<>();
        private Flow.Subscriber<? super Examples> subscriber;
        private boolean cancelled;

        /** @param end is done where a batch is asked for and there is none */
        Source(Iterator<Examples> batches, Consumer<Flow.Subscriber<? super Examples>> end) {
            this.batches = batches;
            this.end = end;
        }

        @Override
        public void subscribe(Flow.Subscriber<? super Examples> given) {
            subscriber = given;
            given.onSubscribe(this);
        }

        @Override
        public void request(long count) {
            asked.add(count);
            for (long k = 0; k < count; k++) {
                if (batches.hasNext()) {
                    subscriber.onNext(batches.next());
                } else {
                    end.accept(subscriber);
                }
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    private static List<StepRecord> trained(Trainer trainer, Flow.Publisher<Examples> batches, long steps) {
        List<StepRecord> records = new ArrayList<>();
        trainer.train(batches, steps, records::add);
        return records;
    }

    @Test
    void aTrainingIsToTheBitThatOfTheSameBatchesFromAnIterator() {
        try (Trainer iterated = ToyProblem.trainer(device).build();
                Trainer published = ToyProblem.trainer(device).build()) {
            List<StepRecord> records = new ArrayList<>();
            iterated.train(new ToyProblem(5, 40), 100, records::add);
            Source source = new Source(new ToyProblem(5, 40), Flow.Subscriber::onComplete);
            assertEquals(TrainerTest.shown(records), TrainerTest.shown(trained(published, source, 100)));
            TrainerTest.assertAlike(iterated.state(), published.state());
            assertTrue(source.cancelled);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void noMoreIsAskedForThanIsTrainedOnAndTwoAhead(int steps) {
        try (Trainer trainer = ToyProblem.trainer(device).build()) {
            ToyProblem batches = new ToyProblem(5, 20);
            Source source = new Source(batches, Flow.Subscriber::onComplete);
            assertEquals(steps, trained(trainer, source, steps).size());
            List<Long> asked = new ArrayList<>(List.of(Math.min(2L, steps)));
            for (int k = 2; k < steps; k++) {
                asked.add(1L);
            }
            assertEquals(asked, source.asked);
            assertTrue(source.cancelled);
            int left = 0;
            while (batches.hasNext()) {
                batches.next();
                left++;
            }
            assertEquals(20 - steps, left);
        }
    }

    @Test
    void ofNoStepsNothingIsAskedFor() {
        try (Trainer trainer = ToyProblem.trainer(device).build()) {
            assertEquals(List.of(), trained(trainer, subscriber -> {
                throw new AssertionError("somebody subscribed");
            }, 0));
        }
    }

    @Test
    void aPublisherWithThreadsOfItsOwnWaitsForTheTraining() throws Exception {
        try (ExecutorService executor = Executors.newSingleThreadExecutor();
                SubmissionPublisher<Examples> publisher = new SubmissionPublisher<>(executor, 1);
                Trainer iterated = ToyProblem.trainer(device).build();
                Trainer trainer = ToyProblem.trainer(device).build()) {
            CompletableFuture<Void> submitted = new CompletableFuture<>();
            Flow.Publisher<Examples> source = subscriber -> {
                publisher.subscribe(subscriber);
                Thread.ofPlatform().start(() -> {
                    new ToyProblem(5, 30).forEachRemaining(publisher::submit);
                    publisher.close();
                    submitted.complete(null);
                });
            };
            List<StepRecord> records = new ArrayList<>();
            iterated.train(new ToyProblem(5, 30), 30, records::add);
            assertEquals(TrainerTest.shown(records), TrainerTest.shown(trained(trainer, source, Long.MAX_VALUE)));
            submitted.get();
        }
    }

    @Test
    void whatThePublisherFailsByComesBehindTheBatchesOfBefore() {
        try (Trainer trainer = ToyProblem.trainer(device).build()) {
            IllegalArgumentException own = new IllegalArgumentException("no more");
            assertSame(own, assertThrows(IllegalArgumentException.class, () -> trained(trainer,
                    new Source(new ToyProblem(5, 3), subscriber -> subscriber.onError(own)), 10)));
            assertEquals(3, trainer.step().submitted());
            AssertionError error = new AssertionError("an error");
            assertSame(error, assertThrows(AssertionError.class, () -> trained(trainer,
                    new Source(new ToyProblem(5, 0), subscriber -> subscriber.onError(error)), 10)));
            IOException checked = new IOException("the line is cut");
            Source source = new Source(new ToyProblem(5, 1), subscriber -> subscriber.onError(checked));
            IllegalStateException wrapped = assertThrows(IllegalStateException.class,
                    () -> trained(trainer, source, 10));
            assertEquals("the publisher of batches failed: the line is cut", wrapped.getMessage());
            assertSame(checked, wrapped.getCause());
            assertTrue(source.cancelled);
            assertEquals(List.of(0L, 1L, 2L, 3L, 4L), trained(trainer, new Source(new ToyProblem(5, 1),
                    Flow.Subscriber::onComplete), 10).stream().map(StepRecord::step).toList(), "the trainer goes on");
        }
    }

    @Test
    void moreThanWasAskedForIsRefused() {
        try (Trainer trainer = ToyProblem.trainer(device).build()) {
            ToyProblem batches = new ToyProblem(5, 100);
            Source eager = new Source(batches, Flow.Subscriber::onComplete);
            Flow.Publisher<Examples> pushing = subscriber -> {
                eager.subscribe(subscriber);
                subscriber.onNext(batches.next());
            };
            assertEquals("the publisher gave more batches than were asked for",
                    assertThrows(IllegalStateException.class, () -> trained(trainer, pushing, 50)).getMessage());
            assertTrue(eager.cancelled);
        }
    }

    @Test
    void whatIsNullEndsTheTrainingThoughThePublisherKeepsTheExceptionToItself() {
        try (Trainer trainer = ToyProblem.trainer(device).build()) {
            List<Consumer<Flow.Subscriber<? super Examples>>> wrong = List.of(subscriber -> subscriber.onNext(null),
                    subscriber -> subscriber.onError(null), subscriber -> subscriber.onSubscribe(null));
            for (Consumer<Flow.Subscriber<? super Examples>> each : wrong) {
                Source source = new Source(new ToyProblem(5, 2), subscriber ->
                        assertThrows(NullPointerException.class, () -> each.accept(subscriber)));
                assertEquals("the publisher of batches gave null",
                        assertThrows(NullPointerException.class, () -> trained(trainer, source, 10)).getMessage());
            }
        }
    }

    @Test
    void aSecondSubscriptionIsCancelledAndTheFirstGoesOn() {
        try (Trainer trainer = ToyProblem.trainer(device).build()) {
            Source second = new Source(new ToyProblem(5, 5), Flow.Subscriber::onComplete);
            Source first = new Source(new ToyProblem(5, 5), Flow.Subscriber::onComplete);
            assertEquals(5, trained(trainer, subscriber -> {
                first.subscribe(subscriber);
                second.subscribe(subscriber);
            }, 10).size());
            assertTrue(second.cancelled);
            assertEquals(List.of(), second.asked);
        }
    }

    @Test
    void aBatchThatIsWrongIsRefusedAsFromAnIteratorAndTheSubscriptionEnds() {
        try (Trainer trainer = ToyProblem.trainer(device).build()) {
            Examples good = new ToyProblem(5, 1).next();
            int[] classes = good.classes().get("side").clone();
            classes[3] = 2;
            Source source = new Source(List.of(good, new Examples(good.inputs(), good.values(),
                    Map.of("side", classes))).iterator(), Flow.Subscriber::onComplete);
            assertTrue(assertThrows(UserException.class, () -> trained(trainer, source, 10)).getMessage()
                    .startsWith("task 'side' holds class 2"));
            assertTrue(source.cancelled);
            assertEquals(1, trainer.step().submitted());
        }
    }

    @Test
    void anInterruptWhileABatchIsAwaitedEndsTheTrainingAndItsStateGoesOn() {
        Thread training = Thread.currentThread();
        try (Trainer whole = ToyProblem.trainer(device).build(); Trainer first = ToyProblem.trainer(device).build();
                Trainer second = ToyProblem.trainer(device).seed(9).build()) {
            List<StepRecord> all = new ArrayList<>();
            whole.train(new ToyProblem(5, 20), 20, all::add);
            ToyProblem batches = new ToyProblem(5, 20);
            Iterator<Examples> five = Stream.generate(batches::next).limit(5).iterator();
            // The sixth is asked for with the fourth, the seventh with the fifth, behind which it waits.
            AtomicInteger without = new AtomicInteger();
            Source source = new Source(five, subscriber -> {
                if (without.incrementAndGet() == PublishedBatches.AHEAD) {
                    training.interrupt();
                }
            });
            List<StepRecord> told = new ArrayList<>();
            TrainingStoppedException stopped = assertThrows(TrainingStoppedException.class,
                    () -> first.train(source, 20, told::add));
            assertEquals(5, stopped.steps());
            assertEquals(5, told.size(), "all records are told");
            assertTrue(source.cancelled);
            assertTrue(training.isInterrupted(), "it stays marked");
            second.set(first.state());
            assertTrue(Thread.interrupted());
            second.train(batches, 20, told::add);
            assertEquals(TrainerTest.shown(all), TrainerTest.shown(told));
            TrainerTest.assertAlike(whole.state(), second.state());
            assertFalse(batches.hasNext());
        }
    }
}
