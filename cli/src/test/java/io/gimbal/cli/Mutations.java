package io.gimbal.cli;

import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.core.json.JsonReadFeature;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ContainerNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/** Changes inputs here and there, by the numbers of one generator: the same generator changes them the same way. */
final class Mutations {
    private static final String[] EDGES = {
        "0", "-1", "1", "2", "3", "7", "0.5", "-0.0", "1e-30", "1e-46", "1e30", "1e39",
        "1e308", "1e400", "-1e400", "2147483647", "2147483648", "-2147483648", "4294967296", "9223372036854775807",
        "9223372036854775808", "1e18", "NaN", "Infinity", "\"\"", "\"1\"", "\"relu\"", "\"none\"", "\"\\u0000\"",
        "\"a\\nb\"", "\"\\ud800\"", "\"\u00e9\\u202e\"", "null", "true", "false", "[]", "{}", "[1]", "[1, 2, 3, 4, 5]",
        "{\"a\": 1}", "[[[[]]]]", "255", "32", "33", "13", "1.0000000001"};
    /** Numbers that many places take. */
    private static final String[] USUAL = {
        "0", "1", "2", "3", "4", "5", "8", "13", "17", "32", "64", "-1", "0.1", "0.5", "0.9", "0.999",
        "1.5", "1e-3", "1e-8", "1e-30", "1e-44", "1e3", "1e10", "1e37", "1e38", "255"};
    private static final String[] WORDS = {
        "conv2d", "conv_transpose2d", "linear", "batch_norm", "relu", "sigmoid", "tanh", "max_pool", "max_unpool",
        "upsample", "resize", "avg_pool", "global_avg_pool", "flatten", "cross_entropy", "l1", "l2", "huber", "cosine",
        "leaky_relu", "elu", "gelu", "silu", "softplus", "softmax", "dropout",
        "binary_cross_entropy", "gradnorm", "equal", "fixed", "adam", "sgd", "poly", "step", "constant", "bilinear",
        "nearest", "float32", "bf16", "tf32", "rooms", "nyuv2", "trunk.0.weight", "trunk.3.bias"};
    private static final String[] SCRAPS = {
        "{", "}", "[", "]", ",", ":", "\"", "\\", "/*", "//", "\0", "\ufeff", "\r\n",
        "\u2028", "'", "=", ".", "..", "/", "@", "#", "$", "%s", "\u001b[31m", "\u0085"};
    private static final float[] FLOATS = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -1, 0, -0f,
        Float.MAX_VALUE, Float.MIN_VALUE, 1e30f, -1e30f};
    private static final Pattern TOKEN = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|[-+.\\w]+|[{}\\[\\]:,]");
    private static final Pattern NUMBER = Pattern.compile("(?<![\\w\"])-?\\d[\\d.eE+-]*");
    private static final Pattern LEAF = Pattern.compile(
            "([:\\[,]\\s*)(\"[\\w ]*\"|-?\\d[\\d.eE+-]*)(?=\\s*[,}\\]])");
    private static final Pattern MEMBER = Pattern.compile("\"[\\w ]+\"\\s*:");
    private static final JsonMapper MAPPER = JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS).build();

    private final Random random;

    Mutations(Random random) {
        this.random = random;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private String edge() {
        return EDGES[random.nextInt(EDGES.length)];
    }

    /** Bits, bytes and runs of bytes. */
    byte[] bytes(byte[] original) {
        byte[] bytes = original;
        for (int edits = 1 + random.nextInt(1 + random.nextInt(8)); edits > 0; edits--) {
            bytes = editedBytes(bytes);
        }
        return bytes;
    }

    private byte[] editedBytes(byte[] original) {
        if (original.length == 0) {
            return new byte[] {(byte) random.nextInt(256)};
        }
        int at = random.nextInt(original.length);
        int end = Math.min(original.length, at + 1 + random.nextInt(1 << random.nextInt(8)));
        byte[] bytes = original.clone();
        switch (random.nextInt(9)) {
            case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 2, 3 -> bytes[at] = new byte[] {0, 1, -1, 127, -128, '"', '\n'}[random.nextInt(7)];
            case 4 -> {
                for (int i = at; i < end; i++) {
                    bytes[i] = (byte) random.nextInt(256);
                }
            }
            case 5 -> bytes = Arrays.copyOf(original, at);
            case 6 -> bytes = joined(Arrays.copyOf(original, at), Arrays.copyOfRange(original, end, original.length));
            case 7 -> bytes = joined(Arrays.copyOf(original, end), Arrays.copyOfRange(original, at, original.length));
            default -> bytes = joined(original, new byte[1 + random.nextInt(64)]);
        }
        return bytes;
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    /** A JSON text: its tree, its tokens or its bytes. */
    byte[] json(String text) {
        String mutated = text;
        for (int edits = 1 + random.nextInt(1 + random.nextInt(3)); edits > 0; edits--) {
            int way = random.nextInt(10);
            mutated = way < 6 ? otherLeaf(mutated) : way < 8 ? editedTree(mutated) : editedTokens(mutated);
        }
        byte[] bytes = switch (random.nextInt(30)) {
            case 0 -> ("\ufeff" + mutated).getBytes(StandardCharsets.UTF_8);
            case 1 -> mutated.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8);
            case 2 -> mutated.getBytes(StandardCharsets.UTF_16);
            case 3 -> (mutated + "\0").getBytes(StandardCharsets.UTF_8);
            default -> mutated.getBytes(StandardCharsets.UTF_8);
        };
        return random.nextInt(10) == 0 ? bytes(bytes) : bytes;
    }

    /** Another number in a number's place, another word in a word's. */
    private String otherLeaf(String text) {
        List<MatchResult> leaves = LEAF.matcher(text).results().toList();
        if (leaves.isEmpty()) {
            return editedTokens(text);
        }
        MatchResult leaf = one(leaves);
        String other = leaf.group(2).startsWith("\"") ? "\"" + WORDS[random.nextInt(WORDS.length)] + "\"" : number();
        return text.substring(0, leaf.start(2)) + other + text.substring(leaf.end(2));
    }

    private String number() {
        return random.nextInt(4) == 0 ? Integer.toString(random.nextInt(70)) : USUAL[random.nextInt(USUAL.length)];
    }

    private String editedTree(String text) {
        JsonNode tree;
        try {
            tree = MAPPER.readTree(text);
        } catch (JsonProcessingException noTree) {
            return editedTokens(text);
        }
        List<ContainerNode<?>> places = new ArrayList<>();
        collect(tree, places);
        if (places.isEmpty()) {
            return edge();
        }
        ContainerNode<?> place = one(places);
        JsonNode value = random.nextInt(3) == 0 ? one(places).deepCopy() : parsed(edge());
        if (place instanceof ObjectNode object) {
            edit(object, value);
        } else {
            edit((ArrayNode) place, value);
        }
        return tree.toString();
    }

    private static void collect(JsonNode node, List<ContainerNode<?>> into) {
        if (node instanceof ContainerNode<?> container) {
            into.add(container);
            node.forEach(child -> collect(child, into));
        }
    }

    private static JsonNode parsed(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException noJson) {
            return MAPPER.getNodeFactory().textNode(text);
        }
    }

    private void edit(ObjectNode object, JsonNode value) {
        List<String> keys = new ArrayList<>(object.propertyStream().map(java.util.Map.Entry::getKey).toList());
        String key = keys.isEmpty() ? "key" : one(keys);
        switch (random.nextInt(6)) {
            case 0 -> object.remove(key);
            case 1 -> object.set(key + one(List.of("s", " ", "", "_", "\n")), value);
            case 2 -> {
                JsonNode moved = object.remove(key);
                object.set(one(List.of("Key", key.toUpperCase(Locale.ROOT), "a.b", "[0]", "", "step", "loss")),
                        moved == null ? value : moved);
            }
            case 3 -> object.set(key, deep(value));
            default -> object.set(key, value);
        }
    }

    private JsonNode deep(JsonNode value) {
        JsonNode nested = value;
        for (int depth = 1 << random.nextInt(10); depth > 0; depth--) {
            nested = MAPPER.createArrayNode().add(nested);
        }
        return nested;
    }

    private void edit(ArrayNode list, JsonNode value) {
        int at = random.nextInt(list.size() + 1);
        switch (random.nextInt(4)) {
            case 0 -> list.insert(at, value);
            case 1 -> list.remove(at);
            case 2 -> {
                if (!list.isEmpty()) {
                    list.insert(at, list.get(random.nextInt(list.size())).deepCopy());
                }
            }
            default -> {
                if (at < list.size()) {
                    list.set(at, value);
                }
            }
        }
    }

    /** A text by its tokens: numbers and others exchanged, swapped, dropped, repeated; scraps put in; cut off. */
    String editedTokens(String text) {
        if (text.isEmpty()) {
            return edge();
        }
        List<MatchResult> tokens = TOKEN.matcher(text).results().toList();
        int at = random.nextInt(text.length());
        if (tokens.isEmpty()) {
            return text.substring(0, at) + SCRAPS[random.nextInt(SCRAPS.length)] + text.substring(at);
        }
        MatchResult token = one(tokens);
        String before = text.substring(0, token.start());
        String after = text.substring(token.end());
        return switch (random.nextInt(8)) {
            case 0 -> before + after;
            case 1 -> before + token.group() + " " + token.group() + after;
            case 2 -> before + one(tokens).group() + after;
            case 3 -> before + edge() + after;
            case 4 -> text.substring(0, at) + SCRAPS[random.nextInt(SCRAPS.length)] + text.substring(at);
            case 5 -> text.substring(0, at);
            case 6 -> repeatedKey(text);
            default -> otherNumber(text);
        };
    }

    private String repeatedKey(String text) {
        List<MatchResult> members = MEMBER.matcher(text).results().toList();
        if (members.isEmpty()) {
            return text;
        }
        MatchResult member = one(members);
        return text.substring(0, member.start()) + member.group() + edge() + ", " + text.substring(member.start());
    }

    private String otherNumber(String text) {
        List<MatchResult> numbers = NUMBER.matcher(text).results().toList();
        if (numbers.isEmpty()) {
            return text;
        }
        MatchResult number = one(numbers);
        return text.substring(0, number.start()) + edge() + text.substring(number.end());
    }

    /** An argument of {@code --set} for a configuration that has these values, mostly of the value's own type. */
    String setting(List<String> settings) {
        String setting = one(settings);
        String path = setting.substring(0, setting.indexOf('=') + 1);
        String now = setting.substring(path.length());
        int way = random.nextInt(10);
        String value = way == 0 ? edge() : way == 1 ? "{\"layer\": \"" + WORDS[random.nextInt(WORDS.length)]
                + "\", \"out\": " + number() + "}"
                : now.matches("-?\\d.*") ? number() : now.matches("true|false") ? one(List.of("true", "false"))
                : now.isEmpty() ? edge() : WORDS[random.nextInt(WORDS.length)];
        String argument = path + value;
        return random.nextInt(8) == 0 ? editedTokens(argument) : argument;
    }

    /** A PNG file: one of its chunks changed, its checksum made right again; or bytes. */
    byte[] png(byte[] file) {
        List<Integer> chunks = new ArrayList<>();
        ByteBuffer buffer = ByteBuffer.wrap(file);
        for (int at = 8; at + 12 <= file.length; at += 12 + buffer.getInt(at)) {
            chunks.add(at);
        }
        if (random.nextInt(3) == 0) {
            return bytes(file);
        }
        int at = one(chunks);
        int length = buffer.getInt(at);
        byte[] type = Arrays.copyOfRange(file, at + 4, at + 8);
        byte[] body = bytes(Arrays.copyOfRange(file, at + 8, at + 8 + length));
        CRC32 sum = new CRC32();
        sum.update(type);
        sum.update(body);
        ByteArrayOutputStream mutated = new ByteArrayOutputStream();
        mutated.write(file, 0, at);
        mutated.writeBytes(ByteBuffer.allocate(4).putInt(body.length).array());
        mutated.writeBytes(type);
        mutated.writeBytes(body);
        mutated.writeBytes(ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
        int rest = at + 12 + length;
        mutated.write(file, rest, file.length - rest);
        return mutated.toByteArray();
    }

    /** Every value of a configuration as its path and what stands there (of lists, objects nothing), numbers often. */
    static List<String> settings(String text) {
        List<String> settings = new ArrayList<>();
        try {
            collect(MAPPER.readTree(text), "", settings);
        } catch (JsonProcessingException impossible) {
            throw new AssertionError(impossible);
        }
        return settings;
    }

    private static void collect(JsonNode node, String path, List<String> into) {
        int times = path.isEmpty() ? 0 : node.isNumber() ? 6 : node.isContainerNode() ? 1 : 2;
        for (int i = 0; i < times; i++) {
            into.add(path + "=" + node.asText());
        }
        if (node instanceof ObjectNode object) {
            object.propertyStream().forEach(member -> collect(member.getValue(),
                    path.isEmpty() ? member.getKey() : path + "." + member.getKey(), into));
        } else if (node instanceof ArrayNode list) {
            for (int i = 0; i < list.size(); i++) {
                collect(list.get(i), path + "[" + i + "]", into);
            }
        }
    }

    /** A safetensors file: its header, its values, its length, or its bytes. */
    byte[] tensors(byte[] file) {
        int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        String header = new String(file, 8, length, StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOfRange(file, 8 + length, file.length);
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                return tensors(random.nextInt(2) == 0 ? renamed(header) : json(header), body);
            }
            case 2, 3 -> {
                return tensors(header.getBytes(StandardCharsets.UTF_8), values(body));
            }
            case 4 -> {
                byte[] other = file.clone();
                ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN).putLong(0, one(List.of(0L, 1L, -1L, length + 8L,
                        length - 1L, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 31, 1L << 32, (long) file.length)));
                return other;
            }
            default -> {
                return bytes(file);
            }
        }
    }

    /** Two tensors of one size under each other's names, or one under another name. */
    private byte[] renamed(String header) {
        List<MatchResult> names = Pattern.compile("\"([\\w.]+\\.[\\w.]+)\"").matcher(header).results().toList();
        String one = one(names).group(1);
        String other = random.nextInt(2) == 0 ? one(names).group(1) : one + "s";
        return header.replace('"' + one + '"', "\"\0\"").replace('"' + other + '"', '"' + one + '"')
                .replace("\"\0\"", '"' + other + '"').getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] tensors(byte[] header, byte[] body) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
        file.writeBytes(header);
        file.writeBytes(body);
        return file.toByteArray();
    }

    private byte[] values(byte[] body) {
        byte[] mutated = body.clone();
        ByteBuffer buffer = ByteBuffer.wrap(mutated).order(ByteOrder.LITTLE_ENDIAN);
        for (int edits = 1 + random.nextInt(4); edits > 0 && mutated.length >= 8; edits--) {
            int at = random.nextInt(mutated.length / 4) * 4;
            // The last values of a checkpoint are its counters and its position.
            int place = random.nextInt(3) == 0 ? Math.max(0, mutated.length - 4 - at % 256) / 4 * 4 : at;
            buffer.putFloat(place, FLOATS[random.nextInt(FLOATS.length)]);
        }
        return mutated;
    }
}
