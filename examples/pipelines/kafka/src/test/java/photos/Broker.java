package photos;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A Kafka broker in a process of its own, which is started as Kafka's scripts start it. */
final class Broker implements AutoCloseable {
    private static final int PARTITIONS = 16;
    private static final List<String> TOPICS = List.of("photos", "answers", "photos-unreadable");

    private final String servers;
    private final Process process;

    /** @param folder for its settings and its log */
    Broker(Path folder) throws IOException, InterruptedException, ExecutionException {
        int port = freePort();
        servers = "localhost:" + port;
        Path settings = Files.writeString(folder.resolve("server.properties"), """
                process.roles=broker,controller
                node.id=1
                listeners=PLAINTEXT://localhost:%d,CONTROLLER://localhost:%d
                controller.listener.names=CONTROLLER
                controller.quorum.bootstrap.servers=localhost:%2$d
                log.dirs=%s
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=1
                group.initial.rebalance.delay.ms=0
                """.formatted(port, freePort(), folder.resolve("log")));
        java("kafka.tools.StorageTool", "format", "--standalone", "--cluster-id", Uuid.randomUuid().toString(),
                "--config", settings.toString()).waitFor();
        process = java("kafka.Kafka", settings.toString());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createTopics(TOPICS.stream().map(topic -> new NewTopic(topic, PARTITIONS, (short) 1)).toList()).all()
                    .get();
            // A producer that sends before the broker leads all partitions may fail for good.
            admin.listOffsets(TOPICS.stream().flatMap(topic -> IntStream.range(0, PARTITIONS).mapToObj(i ->
                    new TopicPartition(topic, i))).collect(Collectors.toMap(Function.identity(), _ ->
                    OffsetSpec.latest()))).all().get();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** A program of the class path in a process of its own. */
    static Process java(String... mainAndArguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java")
                .toString(), "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(mainAndArguments));
        return new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    String servers() {
        return servers;
    }

    /** So many photos, called by a name and their number, evenly over the partitions. */
    void send(String name, int count) throws InterruptedException, ExecutionException {
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(Map.of("bootstrap.servers", servers),
                new StringSerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                sent.add(producer.send(new ProducerRecord<>("photos", i % PARTITIONS, name + i, Direct.photo(i))));
            }
            for (Future<RecordMetadata> photo : sent) {
                photo.get();
            }
        }
    }

    /** The committed answers to photos of that name: so many, or what is there in two minutes; and no more of them. */
    Map<String, List<byte[]>> answers(String name, int count) {
        Map<String, Object> settings = Map.of("bootstrap.servers", servers, "group.id", UUID.randomUUID().toString(),
                "auto.offset.reset", "earliest", "isolation.level", "read_committed");
        Map<String, List<byte[]>> answers = new HashMap<>();
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(settings, new StringDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("answers"));
            int found = 0;
            long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
            for (int before = -1; found > before || found < count && System.nanoTime() < end;) {
                before = found;
                for (ConsumerRecord<String, byte[]> answer : consumer.poll(Duration.ofSeconds(1))) {
                    if (answer.key().startsWith(name)) {
                        answers.computeIfAbsent(answer.key(), _ -> new ArrayList<>()).add(answer.value());
                        found++;
                    }
                }
            }
        }
        return answers;
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        process.waitFor();
    }
}
