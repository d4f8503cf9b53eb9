package photos;

import module java.base;
import io.gimbal.config.UserException;
import io.gimbal.device.*;
import io.gimbal.predict.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.*;
import tools.jackson.databind.json.JsonMapper;

/** The same without Kafka Streams: a poll's photos together, and their offsets in one transaction with the answers. */
record PhotoLoop(Consumer<String, byte[]> consumer, Producer<String, byte[]> producer, Predictor predictor) {
    void run() throws InterruptedException, ExecutionException {
        try (consumer; producer; ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            producer.initTransactions();
            consumer.subscribe(List.of("photos"));
            while (true) {
                ConsumerRecords<String, byte[]> photos = consumer.poll(Duration.ofSeconds(1));
                List<Callable<ProducerRecord<String, byte[]>>> requests = new ArrayList<>();
                photos.forEach(photo -> requests.add(() -> answer(photo)));
                producer.beginTransaction();
                for (Future<ProducerRecord<String, byte[]>> answer : threads.invokeAll(requests)) {
                    producer.send(answer.get());
                }
                producer.sendOffsetsToTransaction(photos.nextOffsets(), consumer.groupMetadata());
                producer.commitTransaction();
            }
        } catch (WakeupException asked) { /* By poll alone: nothing is under way then. */ }
    }

    private ProducerRecord<String, byte[]> answer(ConsumerRecord<String, byte[]> photo) throws InterruptedException {
        try {
            PhotoSource source = PhotoSource.ofBytes(Objects.requireNonNullElse(photo.value(), new byte[0]));
            var map = (TaskPrediction.ClassMap) predictor.predict(source).task("segmentation");
            return new ProducerRecord<>("answers", photo.key(), JsonMapper.shared().writeValueAsBytes(map.shares()));
        } catch (UserException fault) {
            var letter = new ProducerRecord<>("photos-unreadable", photo.key(), photo.value());
            letter.headers().add("reason", fault.getMessage().getBytes());
            return letter;
        }
    }

    public static void main(String[] arguments) throws Exception {
        var settings = Map.<String, Object>of("bootstrap.servers", arguments[0], "transactional.id", arguments[2],
                "group.id", "photo-loop", "auto.offset.reset", "earliest", "isolation.level", "read_committed",
                "enable.auto.commit", false, "max.poll.records", 64);
        var ended = new CompletableFuture<Void>();
        try (Device device = Device.open(DeviceKind.AUTO);
                Predictor predictor = Model.load(Path.of(arguments[1])).predictor(device)) {
            var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
            var producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> { consumer.wakeup(); ended.join(); }));
            new PhotoLoop(consumer, producer, predictor).run();
        } finally {
            ended.complete(null);
        }
    }
}
