// A program that predicts photos with what a run has learned, each in a thread of its own. From the project's folder,
// after ./gimbal --version has built Gimbal:
//
//   java --enable-native-access=ALL-UNNAMED --class-path 'target/lib/*' examples/Predict.java RUN kitchen.jpg ...

import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.predict.*;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

void main(String[] arguments) throws Exception {
    Model model = Model.load(Path.of(arguments[0]));
    try (Device device = Device.open(DeviceKind.AUTO);
            Predictor predictor = model.predictor(device);
            ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<String>> answers = new ArrayList<>();
        for (String photo : Arrays.asList(arguments).subList(1, arguments.length)) {
            answers.add(threads.submit(() -> photo + ": " + words(predictor.predict(Path.of(photo)))));
        }
        for (Future<String> answer : answers) {
            IO.println(answer.get());
        }
        IO.println(predictor.statistics().predicted() + " predicted by " + model.file().orElseThrow());
    }
}

String words(PhotoPrediction prediction) {
    return String.join(", ", prediction.fields().stream().map(field -> switch (prediction.task(field.name())) {
        case TaskPrediction.ClassMap classes -> field.name() + " " + classes.shares().keySet();
        case TaskPrediction.ValueMap values -> field.name() + " " + values.at(0, 0, 0) + " in the first pixel";
        case TaskPrediction.Points points -> field.name() + " " + points.points().size() + " points";
        case TaskPrediction.ImageClass image -> field.name() + " " + image.name();
        case TaskPrediction.ImageValues values -> field.name() + " " + Arrays.toString(values.values());
    }).toList());
}
