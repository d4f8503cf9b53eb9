package io.gimbal.cli;

import io.gimbal.config.Release;
import io.gimbal.device.Device;
import io.gimbal.run.Environment;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.storage.AtomicFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The figures of a measurement as JSON: its last line, and a file where one is asked for. */
final class JsonOption {
    private static final JsonMapper MAPPER = new JsonMapper();

    @Option(names = "--json", paramLabel = "FILE", description = "Writes the JSON into a file too.")
    private Path file;

    /** A line that names the engine and the processor, where no device is used. */
    static ObjectNode line() {
        return withProcessor(MAPPER.createObjectNode().put("engine", Release.text()));
    }

    /** A line that names the engine, the device and the processor, and the threads of the software device. */
    static ObjectNode line(Device device) {
        ObjectNode line = MAPPER.createObjectNode().put("engine", Release.text() + ", " + device.name())
                .put("device", device.name());
        if (device.soft()) {
            line.put("threads", device.multiprocessors());
        }
        return withProcessor(line);
    }

    private static ObjectNode withProcessor(ObjectNode line) {
        Environment.processor().ifPresent(name -> line.put("processor", name));
        return line;
    }

    /**
     * Prints it as one line, and writes it.
     *
     * @throws io.gimbal.config.UserException if the file cannot be written
     */
    void write(PrintWriter screen, ObjectNode line) {
        String text = line.toString();
        screen.println(text);
        if (file != null) {
            AtomicFile.writeText(file, text + "\n");
        }
    }
}
