package io.gimbal.predict;

import io.gimbal.config.FileFailures;
import io.gimbal.data.Field;
import io.gimbal.drawing.Palette;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What the results of all photos in a folder have in common: what classes and points are called, and their colours. */
final class CommonFiles {
    static final String LEGEND = "legend.png";
    static final String CLASSES = "classes.json";

    private CommonFiles() {}

    /** Names and contents; none where no field has classes or points. */
    static Map<String, byte[]> of(List<Field> named) {
        return named.isEmpty() ? Map.of() : Map.of(CLASSES, classes(named), LEGEND, Palette.legend(named));
    }

    private static byte[] classes(List<Field> named) {
        ObjectNode json = new JsonMapper().createObjectNode();
        for (Field field : named) {
            ArrayNode list = json.putArray(field.name());
            for (int number = 0; number < field.parts(); number++) {
                list.addObject().put("number", number).put("name", field.nameOf(number)).put("colour", Palette.text(
                        Palette.ofClass(number)));
            }
        }
        return text(json);
    }

    static byte[] text(ObjectNode json) {
        return (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Whether a file is there and holds just that. */
    static boolean holds(Path file, byte[] content) {
        try {
            return Files.isRegularFile(file) && Files.size(file) == content.length
                    && Arrays.equals(Files.readAllBytes(file), content);
        } catch (IOException e) {
            throw FileFailures.reading(file, e);
        }
    }
}
