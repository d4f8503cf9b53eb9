package photos;

import module java.base;
import io.gimbal.config.UserException;
import io.gimbal.device.*;
import io.gimbal.predict.*;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.errors.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.processor.api.Record;
import tools.jackson.databind.json.JsonMapper;

/** Tells of each photo, exactly once, which part of it each class covers. What is no photo becomes a dead letter. */
public final class PhotoStreams {
    static Topology topology(Predictor predictor) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("photos", Consumed.with(Serdes.String(), Serdes.ByteArray()))
                .mapValues(photo -> answer(predictor, photo))
                .to("answers", Produced.with(Serdes.String(), Serdes.ByteArray()));
        return builder.build();
    }

    private static byte[] answer(Predictor predictor, byte[] photo) {
        try {
            PhotoSource source = PhotoSource.ofBytes(Objects.requireNonNullElse(photo, new byte[0]));
            var map = (TaskPrediction.ClassMap) predictor.predict(source).task("segmentation");
            return JsonMapper.shared().writeValueAsBytes(map.shares());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** A photo's fault ends nothing. The device's ends the client: what is not committed, another one does. */
    public static final class DeadLetters extends LogAndContinueProcessingExceptionHandler {
        @Override
        public Response handleError(ErrorHandlerContext context, Record<?, ?> photo, Exception fault) {
            return fault instanceof UserException ? super.handleError(context, photo, fault) : Response.fail();
        }
    }

    static StreamsConfig settings(String servers) {
        return new StreamsConfig(Map.of("application.id", "photos", "bootstrap.servers", servers,
                "num.stream.threads", 16, // Each waits for its photo, so that two batches of 8 are in flight.
                "processing.guarantee", "exactly_once_v2", "processing.exception.handler", DeadLetters.class,
                "errors.dead.letter.queue.topic.name", "photos-unreadable"));
    }

    public static void main(String[] arguments) {
        Device device = Device.open(DeviceKind.AUTO);
        Predictor predictor = Model.load(Path.of(arguments[1])).predictor(device);
        KafkaStreams streams = new KafkaStreams(topology(predictor), settings(arguments[0]));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close();
            device.close(); // And the predictor with it.
        }));
        streams.start();
    }
}
