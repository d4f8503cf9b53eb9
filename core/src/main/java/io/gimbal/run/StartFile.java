package io.gimbal.run;

import io.gimbal.checkpoint.StartValues;
import io.gimbal.config.Config;
import io.gimbal.config.FilePath;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.model.Network;
import java.nio.file.Path;
import java.util.List;

/**
 * A configuration's {@code init}: the file whose values a training starts from.
 *
 * @param file a safetensors file
 * @param only patterns of the names that are taken from it; empty: all of it
 */
public record StartFile(Path file, List<String> only) {
    /** Keeps its own list. */
    public StartFile {
        only = List.copyOf(only);
    }

    /** Reads a path, or an object of {@code file} and {@code only}. */
    static StartFile read(Config spec) {
        if (!spec.isObject()) {
            return new StartFile(FilePath.of(spec.text(), spec.place()), List.of());
        }
        spec.allow("file", "only");
        if (spec.has("only") && spec.texts("only").isEmpty()) {
            throw spec.error("only", "names nothing; leave it out to take all of the file");
        }
        return new StartFile(spec.path("file"), spec.has("only") ? spec.texts("only") : List.of());
    }

    StartValues values(Network network, NetworkGraph graph) {
        return only.isEmpty() ? StartValues.read(file, network, graph) : StartValues.read(file, graph, only);
    }
}
