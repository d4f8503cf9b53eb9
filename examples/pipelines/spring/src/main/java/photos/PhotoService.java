package photos;

import io.gimbal.config.UserException;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.*;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.*;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.server.ResponseStatusException;

/** Answers a posted photo by which part of it each class covers, and the median of its depth in metres. */
@SpringBootApplication
public class PhotoService {
    @Bean
    Device device() {
        return Device.open(DeviceKind.AUTO);
    }

    @Bean
    Predictor predictor(Device device, @Value("${photos.run}") String run) {
        return Model.load(Path.of(run)).predictor(device);
    }

    record Answer(Map<String, Double> shares, float medianDepth) {
        static Answer of(PhotoPrediction photo) {
            float[] depth = ((TaskPrediction.ValueMap) photo.task("depth")).values();
            Arrays.sort(depth);
            return new Answer(((TaskPrediction.ClassMap) photo.task("segmentation")).shares(), depth[depth.length / 2]);
        }
    }

    @RestController
    record Photos(Predictor predictor) {
        @PostMapping(path = "/photos", consumes = {"image/*", "application/octet-stream"})
        CompletableFuture<Answer> answer(@RequestBody byte[] photo) {
            return predictor.trySubmit(PhotoSource.ofBytes(photo)).orElseThrow(() -> new ResponseStatusException(
                    HttpStatus.SERVICE_UNAVAILABLE, "as many photos wait as may; try again")).thenApply(Answer::of);
        }

        @ExceptionHandler
        ProblemDetail unreadable(UserException reason) {
            return ProblemDetail.forStatusAndDetail(HttpStatus.UNPROCESSABLE_CONTENT, reason.getMessage());
        }
    }

    public static void main(String[] arguments) {
        SpringApplication.run(PhotoService.class, arguments);
    }
}
