package io.gimbal.cli;

import io.gimbal.config.UserException;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.export.Onnx;
import io.gimbal.graph.Shape;
import io.gimbal.run.TrainedModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gimbal export}. */
@Command(name = "export", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Writes what a run has learned as an ONNX file, or as a folder of parameters, configuration and "
                + "names. It needs no device and overwrites nothing.")
final class ExportCommand implements Callable<Integer> {
    private static final String ONNX = ".onnx";

    @Parameters(index = "0", paramLabel = "RUN", description = "The run's folder, such as runs/rooms.")
    private Path run;

    @Parameters(index = "1", paramLabel = "FILE.onnx|DIR",
            description = "The file to be written; where the name does not end in .onnx, the folder.")
    private Path target;

    @Option(names = "--bytes", description = "ONNX: takes pictures as bytes, N x height x width x channels, and "
            + "normalises them inside.")
    private boolean bytes;

    @Option(names = "--checkpoint", paramLabel = "best|last",
            description = "Which checkpoint (default: the best where there is one, else the last).")
    private TrainedModel.Which which;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        boolean onnx = target.toString().toLowerCase(Locale.ROOT).endsWith(ONNX);
        if (bytes && !onnx) {
            throw new UserException("--bytes is of ONNX files, and " + target + " does not end in " + ONNX);
        }
        TrainedModel model = TrainedModel.read(run, Optional.ofNullable(which));
        if (onnx) {
            Onnx file = model.onnx();
            (bytes ? file.takingBytes() : file).write(target);
        } else {
            model.write(target);
        }
        tell(model);
        return 0;
    }

    private void tell(TrainedModel model) {
        PrintWriter screen = spec.commandLine().getOut();
        NetworkGraph graph = model.graph();
        List<String> tasks = new ArrayList<>();
        for (int task = 0; task < graph.tasks().size(); task++) {
            tasks.add(graph.tasks().get(task) + " [" + shape(graph.prediction(task)) + "]");
        }
        screen.println(target + ": from " + model.file() + (model.steps().isPresent() ? ", step "
                + model.steps().getAsLong() : ""));
        screen.println(input(graph.input()) + " -> " + String.join(", ", tasks));
    }

    private String input(Shape shape) {
        return bytes ? "bytes [N, " + shape.height() + ", " + shape.width() + ", " + shape.channels() + "]"
                : (shape.flat() ? "features" : "images") + " [" + shape(shape) + "]";
    }

    private static String shape(Shape shape) {
        return "N, " + shape.describe().replace(" x ", ", ").replace(" features", "");
    }
}
