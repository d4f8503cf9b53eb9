package io.gimbal.cli;

import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Trains and predicts for a moment, in one process, so that the virtual machine can record what starts go through
 * ({@code -XX:AOTCacheOutput}, JEP 514). Arguments: a configuration of rooms, and an empty folder, which is left full.
 */
final class Rehearsal {
    private Rehearsal() {}

    public static void main(String[] arguments) {
        Path run = Path.of(arguments[1], "run");
        perform("train", arguments[0], "--device", "soft", "--no-progress", "--out", run.toString(), "--set",
                "epochs=1", "--set", "data.count=16", "--set", "validation.count=4");
        perform("predict", run.toString(), run.resolve("samples.png").toString(), "--device", "soft", "--no-progress",
                "--out", Path.of(arguments[1], "results").toString());
    }

    private static void perform(String... command) {
        PrintWriter nowhere = new PrintWriter(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        int code = Main.run(command, nowhere, new PrintWriter(System.err, true));
        if (code != 0) {
            System.exit(code);
        }
    }
}
