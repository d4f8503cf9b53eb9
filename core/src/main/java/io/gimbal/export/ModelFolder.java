package io.gimbal.export;

import io.gimbal.checkpoint.DataMeaning;
import io.gimbal.config.Config;
import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import io.gimbal.data.Normalisation;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.shaded.jackson.databind.node.JsonNodeFactory;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.storage.AtomicFile;
import io.gimbal.storage.Disk;
import io.gimbal.storage.HostTensor;
import io.gimbal.storage.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A folder with all that a program needs to predict: {@value #PARAMETERS}, {@value #CONFIGURATION} and, where classes,
 * points or channels have names, {@value #NAMES}.
 */
public final class ModelFolder {
    /** Parameters and running statistics by name, and in its metadata a {@link DataMeaning}. */
    public static final String PARAMETERS = "model.safetensors";
    /**
     * The {@code name}, {@code model}, {@code tasks} and {@code precision} of the training's, and where it is known
     * {@code normalisation}: {@code mean} and {@code deviation}, each a list of a number a channel, or of one for all.
     */
    public static final String CONFIGURATION = "config.json";
    /** By task, a list of what its classes, points, or else channels, are called. */
    public static final String NAMES = "names.json";

    private static final List<String> KEPT = List.of("name", "model", "tasks", "precision");

    private ModelFolder() {}

    /**
     * Writes it, whole or not at all.
     *
     * @param folder        where it is to be; nothing, or an empty folder
     * @param configuration the training's
     * @param graph         its network, of whatever batch size
     * @param values        as {@link Onnx#of} takes them
     * @param meaning       what the numbers mean that the network takes and gives
     * @throws UserException if something is there, it cannot be written there, or the values are not the network's
     */
    public static void write(Path folder, Config configuration, NetworkGraph graph, Map<String, float[]> values,
            DataMeaning meaning) {
        Values.check(graph, values);
        requireFree(folder);
        Path target = folder.toAbsolutePath();
        Path temporary = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            Files.createDirectory(temporary);
            fill(temporary, configuration, graph, values, meaning);
            Disk.forceEntries(temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            Disk.forceEntries(target.getParent());
        } catch (IOException e) {
            delete(temporary);
            throw FileFailures.withMessage(folder + ": could not be written: " + FileFailures.reason(temporary, e)
                    + ".", e);
        } catch (RuntimeException | Error e) {
            delete(temporary);
            throw e;
        }
    }

    /**
     * Writes what was learned from batches that a program made itself, which no data set tells the meaning of.
     *
     * @param folder        where it is to be; nothing, or an empty folder
     * @param configuration with the network's {@code model}, its {@code tasks} and, where it has one, a {@code name}
     * @param graph         the network, of whatever batch size
     * @param values        as {@link Onnx#of} takes them
     * @param normalisation how images become the network's input
     * @param names         by task what its classes, or else channels, are called, by number; tasks may be left out
     * @throws UserException if something is there, it cannot be written there, or the values are not the network's
     */
    public static void write(Path folder, Config configuration, NetworkGraph graph, Map<String, float[]> values,
            Normalisation normalisation, Map<String, List<String>> names) {
        write(folder, configuration, graph, values, new DataMeaning(Optional.of(normalisation),
                new LinkedHashMap<>(names)));
    }

    private static void requireFree(Path folder) {
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS) && !isEmptyFolder(folder)) {
            throw new UserException(folder + ": is there already, and nothing is overwritten; name another, or take it"
                    + " away");
        }
    }

    private static boolean isEmptyFolder(Path folder) {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        } catch (IOException e) {
            throw FileFailures.reading(folder, e);
        }
    }

    private static void fill(Path folder, Config configuration, NetworkGraph graph, Map<String, float[]> values,
            DataMeaning meaning) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        graph.shapes().forEach((name, shape) -> tensors.put(name, HostTensor.ofFloats(shape, values.get(name))));
        SafeTensors.write(folder.resolve(PARAMETERS), tensors, meaning.metadata());
        AtomicFile.writeText(folder.resolve(CONFIGURATION), kept(configuration, meaning).canonicalText() + "\n");
        if (!meaning.names().isEmpty()) {
            ObjectNode names = JsonNodeFactory.instance.objectNode();
            meaning.names().forEach((task, list) -> list.forEach(names.putArray(task)::add));
            AtomicFile.writeText(folder.resolve(NAMES), names.toPrettyString() + "\n");
        }
    }

    private static Config kept(Config configuration, DataMeaning meaning) {
        List<String> members = new ArrayList<>();
        for (String key : KEPT) {
            configuration.find(key).ifPresent(value -> members.add('"' + key + "\": " + value.canonicalText()));
        }
        meaning.normalisation().ifPresent(how -> members.add("\"normalisation\": {\"mean\": " + how.mean()
                + ", \"deviation\": " + how.deviation() + "}"));
        return Config.parse("{" + String.join(", ", members) + "}", configuration.source());
    }

    private static void delete(Path folder) {
        for (String file : List.of(PARAMETERS, CONFIGURATION, NAMES, "")) {
            try {
                Files.deleteIfExists(folder.resolve(file));
            } catch (IOException e) {
                // The failure that led here is the one to report.
                return;
            }
        }
    }
}
