package io.gimbal.storage;

import io.gimbal.config.JsonFaults;
import io.gimbal.config.Names;
import io.gimbal.shaded.jackson.core.JsonFactory;
import io.gimbal.shaded.jackson.core.JsonParser;
import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.core.JsonToken;
import io.gimbal.shaded.jackson.core.StreamReadConstraints;
import io.gimbal.shaded.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A safetensors header, checked as untrusted input while it is read: nothing is allocated by a size that the header
 * claims. What is wrong is thrown as {@link BadHeader}, a sentence without the file's name.
 */
final class HeaderReader {
    private static final int MOST_DIMENSIONS = 32;
    private static final int MOST_TENSORS = 1_000_000;
    private static final String METADATA = "__metadata__";

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(4).maxNumberLength(40)
                    .maxStringLength(100_000_000).build())
            .build();

    private final JsonParser parser;
    private final long dataBytes;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    private HeaderReader(JsonParser parser, long dataBytes) {
        this.parser = parser;
        this.dataBytes = dataBytes;
    }

    /** What a header says. */
    record Header(Map<String, Entry> entries, Map<String, String> metadata) {
    }

    /** What is wrong with a header. */
    static final class BadHeader extends Exception {
        private static final long serialVersionUID = 1L;

        BadHeader(String message) {
            super(message);
        }
    }

    /**
     * @param text the header's JSON
     * @param dataBytes how many bytes follow it in the file
     */
    static Header read(String text, long dataBytes) throws BadHeader {
        try (JsonParser parser = FACTORY.createParser(text)) {
            HeaderReader reader = new HeaderReader(parser, dataBytes);
            reader.readAll();
            return new Header(reader.entries, reader.metadata);
        } catch (JsonProcessingException e) {
            throw new BadHeader("its header is not valid JSON: " + withoutStop(JsonFaults.explain(e)));
        } catch (IOException e) {
            throw new BadHeader("its header cannot be read: " + e.getMessage());
        }
    }

    private static String withoutStop(String sentence) {
        return sentence.substring(0, sentence.length() - 1);
    }

    private void readAll() throws IOException, BadHeader {
        require(JsonToken.START_OBJECT, "its header");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            if (name.equals(METADATA)) {
                readMetadata();
            } else {
                entries.put(name, readEntry(name));
            }
            if (entries.size() > MOST_TENSORS) {
                throw new BadHeader("its header lists more than " + MOST_TENSORS + " tensors");
            }
        }
        if (parser.nextToken() != null) {
            throw new BadHeader("its header goes on after the end of its JSON object");
        }
        checkThatTheDataIsCovered();
    }

    private void readMetadata() throws IOException, BadHeader {
        require(JsonToken.START_OBJECT, METADATA);
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            require(JsonToken.VALUE_STRING, METADATA + " " + Names.quote(key));
            metadata.put(key, parser.getText());
        }
    }

    private Entry readEntry(String name) throws IOException, BadHeader {
        String tensor = "tensor " + Names.quote(name);
        DType type = null;
        long[] shape = null;
        long[] offsets = null;
        require(JsonToken.START_OBJECT, tensor);
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            String place = tensor + ": " + Names.quote(key);
            switch (key) {
                case "dtype" -> type = readType(place);
                case "shape" -> shape = readSizes(place, MOST_DIMENSIONS);
                case "data_offsets" -> offsets = readSizes(place, 2);
                default -> throw new BadHeader(tensor + " has the unknown key " + Names.quote(key)
                        + "; it may have dtype, shape and data_offsets");
            }
        }
        if (type == null || shape == null || offsets == null) {
            throw new BadHeader(tensor + " lacks its "
                    + (type == null ? "dtype" : shape == null ? "shape" : "data_offsets"));
        }
        return checked(tensor, name, type, shape, offsets);
    }

    private DType readType(String place) throws IOException, BadHeader {
        require(JsonToken.VALUE_STRING, place);
        String given = parser.getText();
        return DType.named(given).orElseThrow(() -> new BadHeader(place + " is " + Names.quote(given)
                + ", which is not one of the types that Gimbal knows: " + DType.allNames()));
    }

    private long[] readSizes(String place, int most) throws IOException, BadHeader {
        require(JsonToken.START_ARRAY, place);
        List<Long> sizes = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (sizes.size() == most) {
                throw new BadHeader(place + " has more than " + most + " elements");
            }
            if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
                    || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                    || parser.getLongValue() < 0) {
                throw new BadHeader(place + " holds " + shown() + ", but must hold whole numbers from 0 to "
                        + Long.MAX_VALUE);
            }
            sizes.add(parser.getLongValue());
        }
        return sizes.stream().mapToLong(Long::longValue).toArray();
    }

    private Entry checked(String tensor, String name, DType type, long[] shape, long[] offsets) throws BadHeader {
        if (offsets.length != 2) {
            throw new BadHeader(tensor + ": 'data_offsets' must be two numbers, begin and end");
        }
        if (offsets[0] > offsets[1] || offsets[1] > dataBytes) {
            throw new BadHeader(tensor + " claims the bytes from " + offsets[0] + " to " + offsets[1]
                    + " of the data, which has " + dataBytes + " (is the file cut short?)");
        }
        Entry entry = new Entry(name, type, shape, offsets[0], offsets[1]);
        long needed;
        try {
            needed = Sizes.bytes(type, shape);
        } catch (ArithmeticException e) {
            throw new BadHeader(tensor + " has the shape " + Arrays.toString(shape) + ", whose product overflows");
        }
        if (needed != entry.bytes()) {
            throw new BadHeader(tensor + " is " + entry + ", which takes " + needed
                    + " bytes, but its data_offsets hold "
                    + entry.bytes());
        }
        return entry;
    }

    /** Every byte of the data belongs to one tensor: the format's rule, so that nothing can be hidden in a file. */
    private void checkThatTheDataIsCovered() throws BadHeader {
        List<Entry> ordered = new ArrayList<>(entries.values());
        ordered.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long covered = 0;
        Entry before = null;
        for (Entry entry : ordered) {
            if (entry.begin() < covered) {
                throw new BadHeader("the tensors " + Names.quote(before.name()) + " and " + Names.quote(entry.name())
                        + " overlap at byte " + entry.begin() + " of the data");
            }
            if (entry.begin() > covered) {
                throw new BadHeader("the bytes from " + covered + " to " + entry.begin()
                        + " of the data belong to no tensor");
            }
            covered = entry.end();
            before = entry;
        }
        if (covered != dataBytes) {
            throw new BadHeader("the data has " + dataBytes + " bytes, but the tensors end at byte " + covered);
        }
    }

    private void require(JsonToken token, String place) throws IOException, BadHeader {
        if (parser.nextToken() != token) {
            throw new BadHeader(place + " is " + shown() + ", but must be " + switch (token) {
                case START_OBJECT -> "a JSON object";
                case START_ARRAY -> "a list of whole numbers";
                default -> "a text";
            });
        }
    }

    private String shown() throws IOException {
        JsonToken token = parser.currentToken();
        if (token == null) {
            return "missing";
        }
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "a list";
            case VALUE_STRING -> "the text " + Names.quote(parser.getText());
            default -> parser.getText();
        };
    }
}
