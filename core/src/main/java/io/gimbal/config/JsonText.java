package io.gimbal.config;

import io.gimbal.shaded.jackson.core.JsonLocation;
import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.core.StreamReadConstraints;
import io.gimbal.shaded.jackson.core.StreamReadFeature;
import io.gimbal.shaded.jackson.core.exc.StreamConstraintsException;
import io.gimbal.shaded.jackson.core.json.JsonReadFeature;
import io.gimbal.shaded.jackson.core.util.DefaultIndenter;
import io.gimbal.shaded.jackson.core.util.DefaultPrettyPrinter;
import io.gimbal.shaded.jackson.core.util.Separators;
import io.gimbal.shaded.jackson.databind.DeserializationFeature;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Text to a JSON tree and back, with every complaint about the text as one sentence that names file, line and column.
 */
final class JsonText {
    static final int LARGEST_BYTES = 4 << 20;
    static final int DEEPEST = 100;

    private static final JsonMapper MAPPER = mapper();

    private JsonText() {
    }

    static String readFile(Path file) {
        if (Files.isDirectory(file)) {
            throw new UserException(file + ": is a folder, where a JSON file is needed.");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(LARGEST_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw new UserException(FileFailures.reading(file, e).getMessage()
                    + Names.hint(fileName(file), neighbours(file)), e);
        } catch (IOException e) {
            throw FileFailures.reading(file, e);
        }
        if (bytes.length > LARGEST_BYTES) {
            throw tooLarge(file.toString());
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new UserException(file + ": is not UTF-8 text, which a JSON file must be.", e);
        }
    }

    /** The tree of a text, without the keys whose value is null; a byte order mark may stand before it. */
    static JsonNode parse(String text, String source) {
        if (text.length() > LARGEST_BYTES) {
            throw tooLarge(source);
        }
        JsonNode node;
        try {
            node = MAPPER.readTree(text.startsWith("\uFEFF") ? text.substring(1) : text);
        } catch (StreamConstraintsException e) {
            throw new UserException(position(source, e.getLocation()) + ": no configuration: " + JsonFaults.explain(e),
                    e);
        } catch (JsonProcessingException e) {
            throw new UserException(position(source, e.getLocation()) + ": not valid JSON: " + JsonFaults.explain(e),
                    e);
        }
        if (node == null || node.isMissingNode()) {
            throw new UserException(source + ": is empty, where a JSON object is needed.");
        }
        removeNulls(node);
        return node;
    }

    private static void removeNulls(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.removeNulls();
        }
        node.forEach(JsonText::removeNulls);
    }

    static String write(JsonNode node) {
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter()
                .withObjectIndenter(new DefaultIndenter("  ", "\n"))
                .withSeparators(Separators.createDefaultInstance()
                        .withObjectFieldValueSpacing(Separators.Spacing.AFTER));
        try {
            return MAPPER.writer(printer).writeValueAsString(node) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree that was read cannot be written", e);
        }
    }

    private static JsonMapper mapper() {
        JsonMapper mapper = JsonMapper.builder()
                .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .build();
        mapper.getFactory().setStreamReadConstraints(StreamReadConstraints.builder()
                .maxNestingDepth(DEEPEST).maxNumberLength(100).maxStringLength(1 << 20).build());
        return mapper;
    }

    private static UserException tooLarge(String source) {
        return new UserException(source + ": is larger than " + (LARGEST_BYTES >> 20)
                + " MB, which no configuration is. Is it the right file?");
    }

    private static String position(String source, JsonLocation at) {
        return at == null || at.getLineNr() < 1 ? source
                : source + ", line " + at.getLineNr() + ", column " + at.getColumnNr();
    }

    private static String fileName(Path file) {
        Path name = file.getFileName();
        return name == null ? "" : name.toString();
    }

    private static List<String> neighbours(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.limit(1000).map(JsonText::fileName).filter(name -> name.endsWith(".json")
                    && !name.equals(fileName(file))).sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
