package photos;

import module java.base;
import io.gimbal.config.UserException;
import io.gimbal.device.*;
import io.gimbal.predict.*;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.datastream.*;
import org.apache.flink.streaming.api.functions.async.*;

/** Tells of each photo which part of it each class covers, and of what is no photo why not. */
public final class PhotoAnswers extends RichAsyncFunction<PhotoAnswers.Photo, PhotoAnswers.Answer> {
    /** The subtasks of this task manager: they share a predictor, which the last one closes. */
    private static final Set<PhotoAnswers> USERS = new HashSet<>();
    private static Device device;
    static Predictor predictor;

    public record Photo(String name, byte[] file) {}

    public record Answer(String photo, Map<String, Double> shares, String fault) {}

    /** The job's parameter "run" is the run's folder. Two batches of 8 are in flight a subtask. */
    static SingleOutputStreamOperator<Answer> of(DataStream<Photo> photos) {
        return AsyncDataStream.unorderedWait(photos, new PhotoAnswers(), 1, TimeUnit.MINUTES, 16);
    }

    @Override
    public void open(OpenContext context) {
        synchronized (USERS) {
            if (USERS.isEmpty()) {
                Path run = Path.of(getRuntimeContext().getGlobalJobParameters().get("run"));
                device = Device.open(DeviceKind.AUTO);
                predictor = Model.load(run).predictor(device);
            }
            USERS.add(this);
        }
    }

    @Override
    public void asyncInvoke(Photo photo, ResultFuture<Answer> answer) throws InterruptedException {
        predictor.submit(PhotoSource.ofBytes(photo.file())).handle((told, fault) -> switch (fault) {
            case null -> new Answer(photo.name(), ((TaskPrediction.ClassMap) told.task("segmentation")).shares(), null);
            case UserException bad -> new Answer(photo.name(), null, bad.getMessage());
            default -> throw new CompletionException(fault);
        }).thenAccept(told -> answer.complete(List.of(told))).exceptionally(fault -> {
            answer.completeExceptionally(fault);
            return null;
        });
    }

    @Override
    public void close() {
        synchronized (USERS) {
            if (USERS.remove(this) && USERS.isEmpty()) {
                predictor.close();
                device.close();
            }
        }
    }
}
