package io.gimbal.page;

import io.gimbal.shaded.jackson.core.JsonGenerator;
import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;

/** The pictures of a strip as a page holds them, of bounded size. */
final class SampleData {
    /** Of all pictures of a run together. */
    private static final int MOST_BYTES = 2 << 20;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final StripFiles files;

    SampleData(StripFiles files) {
        this.files = files;
    }

    /** Writes an object, or null where there are no pictures. */
    void write(JsonGenerator json) throws IOException {
        Optional<JsonNode> legend = legend();
        Optional<byte[]> inputs = files.inputs();
        NavigableMap<Long, Path> steps = files.steps();
        if (legend.isEmpty() || inputs.isEmpty() || steps.isEmpty()) {
            json.writeNull();
            return;
        }
        Map<Long, byte[]> pictures = new HashMap<>();
        steps.forEach((step, file) -> StripFiles.read(file).ifPresent(picture -> pictures.put(step, picture)));
        List<Long> shown = fitting(pictures);
        json.writeStartObject();
        json.writeFieldName("legend");
        MAPPER.writeTree(json, legend.orElseThrow());
        json.writeStringField("inputs", uri(inputs.orElseThrow()));
        if (files.truths().isPresent()) {
            json.writeStringField("truths", uri(files.truths().orElseThrow()));
        }
        json.writeNumberField("left_out", steps.size() - shown.size());
        json.writeArrayFieldStart("epochs");
        for (long step : shown) {
            json.writeStartObject();
            json.writeNumberField("step", step);
            json.writeStringField("picture", uri(pictures.get(step)));
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private Optional<JsonNode> legend() throws IOException {
        try {
            return files.legend().isEmpty() ? Optional.empty()
                    : Optional.of(MAPPER.readTree(files.legend().orElseThrow())).filter(JsonNode::isObject);
        } catch (JsonProcessingException damaged) {
            // Without it nothing says what the pictures show.
            return Optional.empty();
        }
    }

    /** As many of them, spread evenly, as have room. */
    private static List<Long> fitting(Map<Long, byte[]> pictures) {
        List<Long> shown = new ArrayList<>(pictures.keySet().stream().sorted().toList());
        while (shown.size() > 2 && shown.stream().mapToLong(step -> pictures.get(step).length).sum() > MOST_BYTES) {
            shown = StripFiles.spread(shown, shown.size() - 1);
        }
        return shown;
    }

    private static String uri(byte[] picture) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(picture);
    }
}
