package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.run.TinyRooms;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportCommandTest {
    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() throws Exception {
        Path config = Files.writeString(shared.resolve("tiny.json"), TinyRooms.TEXT);
        Command.run("train", config.toString(), "--device", "soft", "--out", run(), "--set", "epochs=1",
                "--set", "validation=null", "--no-progress").succeeds();
    }

    private static String run() {
        return shared.resolve("run").toString();
    }

    private Command export(String target, String... more) {
        List<String> arguments = new ArrayList<>(List.of("export", run(), folder.resolve(target).toString()));
        arguments.addAll(List.of(more));
        return Command.run(arguments.toArray(String[]::new));
    }

    @Test
    void itTellsWhatItWroteAndOfWhat() {
        String end = " -> segmentation [N, 13, 16, 24], depth [N, 1, 16, 24], normals [N, 3, 16, 24]"
                + System.lineSeparator();
        String from = ": from " + shared.resolve("run").resolve("checkpoint.safetensors") + ", step 4"
                + System.lineSeparator();
        assertEquals(folder.resolve("a.onnx") + from + "images [N, 3, 16, 24]" + end,
                export("a.onnx").succeeds().out());
        assertEquals(folder.resolve("b.ONNX") + from + "bytes [N, 16, 24, 3]" + end,
                export("b.ONNX", "--bytes", "--checkpoint", "last").succeeds().out());
        assertEquals(folder.resolve("model") + from + "images [N, 3, 16, 24]" + end,
                export("model").succeeds().out());
        assertTrue(Files.isRegularFile(folder.resolve("a.onnx")) && Files.isRegularFile(folder.resolve("b.ONNX"))
                && Files.isDirectory(folder.resolve("model")));
    }

    @Test
    void whatCannotBeIsRefused() {
        export("a.onnx").succeeds();
        export("a.onnx").refuses(2, "a.onnx: is there already, and nothing is overwritten");
        export("model", "--bytes").refuses(2, "--bytes is of ONNX files");
        export("b.onnx", "--checkpoint", "best").refuses(2, "holds no best.safetensors");
        export("b.onnx", "--checkpoint", "first").refuses(2, "--checkpoint", "'first'");
        Command.run("export", folder.resolve("none").toString(), "x.onnx").refuses(2, "there is no such folder");
        Command.run("export", folder.toString(), "x.onnx").refuses(2, "config.json: there is no such file");
        Command.run("export", run()).refuses(2, "FILE.onnx|DIR");
        assertFalse(Files.exists(folder.resolve("b.onnx")) || Files.exists(folder.resolve("model")));
    }
}
