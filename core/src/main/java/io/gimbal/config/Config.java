package io.gimbal.config;

import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import io.gimbal.shaded.jackson.databind.node.TextNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A value of a JSON configuration (an object, a list, a text, a number, a flag) with its place: the file and the path
 * in it. Comments ({@code //} and {@code /* *}{@code /}) may stand in the file; duplicate keys, trailing commas, NaN
 * and infinities may not. A key whose value is {@code null} reads as if it were left out.
 *
 * <p>Every accessor either returns a value of the type it names or throws a {@link UserException} that names the place,
 * what stands there and what may. Immutable, so safe for any number of threads.
 */
public final class Config {
    private final Origin origin;
    private final String path;
    private final JsonNode node;

    /** The file's name, and the values that {@link #with} put over it, by path. */
    private record Origin(String source, Map<String, String> overrides) {
    }

    private Config(Origin origin, String path, JsonNode node) {
        this.origin = origin;
        this.path = path;
        this.node = node;
    }

    /**
     * Reads a file of at most 4 MB, in UTF-8, nested at most 100 deep, whose root is an object or a list.
     *
     * @param file the file; messages name it as it is written here
     * @return the root
     * @throws UserException if it cannot be read or is not such JSON, with line and column
     */
    public static Config read(Path file) {
        return parse(JsonText.readFile(file), file.toString());
    }

    /**
     * Reads a text, under the same limits as a file.
     *
     * @param text       JSON whose root is an object or a list
     * @param sourceName what messages call the text, for instance its file's name
     * @return the root
     * @throws UserException if it is not such JSON, with line and column
     */
    public static Config parse(String text, String sourceName) {
        JsonNode root = JsonText.parse(text, sourceName);
        Config config = new Config(new Origin(sourceName, Map.of()), "", root);
        if (!root.isContainerNode()) {
            throw config.error("holds " + config.standing() + ", where a JSON object is needed.");
        }
        return config;
    }

    /**
     * This configuration with one value replaced or added, as by {@code --set}: {@code optimizer.lr=0.01},
     * {@code model.trunk[3].kernel=5}, {@code heads["a.b"].out=4}. The value is read as JSON; what is not JSON is taken
     * as a text, so that {@code data.path=/a/folder} needs no quotes. A key is created where the object around it
     * exists, and taken away by the value {@code null}; a list's element must exist, or be the next one.
     *
     * @param pathEqualsValue path, equals sign, value; call it on the root only
     * @return a new configuration; this one stays as it is
     * @throws UserException if the path leads nowhere, naming the part that does not exist
     */
    public Config with(String pathEqualsValue) {
        if (!path.isEmpty()) {
            throw new IllegalStateException("values are set on the root, not at " + path);
        }
        int equals = equalsSign(pathEqualsValue);
        if (equals < 1) {
            throw new UserException("--set " + Names.printable(pathEqualsValue)
                    + ": must be PATH=VALUE, for instance --set optimizer.lr=0.01.");
        }
        String place = pathEqualsValue.substring(0, equals).strip();
        String text = pathEqualsValue.substring(equals + 1).strip();
        List<JsonPath.Step> steps;
        try {
            steps = JsonPath.parse(place);
        } catch (IllegalArgumentException e) {
            throw new UserException("--set " + Names.printable(pathEqualsValue) + ": " + Names.quote(place)
                    + " is not a path: " + e.getMessage() + ".", e);
        }
        String setting = "--set " + Names.printable(pathEqualsValue);
        JsonNode root = node.deepCopy();
        String reached = put(new Config(origin, "", root), steps, value(text), setting);
        // A run's folder keeps the configuration as a text: what cannot be read again is refused now.
        JsonText.parse(JsonText.write(root), setting);
        Map<String, String> overrides = new LinkedHashMap<>(origin.overrides);
        overrides.put(reached, Names.printable(text));
        return new Config(new Origin(origin.source, overrides), "", root);
    }

    /**
     * The same with several values set, one after the other.
     *
     * @param settings each {@code path=value}, as {@link #with(String)} takes it
     * @return another configuration; this one stays
     */
    public Config with(List<String> settings) {
        Config set = this;
        for (String setting : settings) {
            set = set.with(setting);
        }
        return set;
    }

    /** The equals sign that ends the path: the first one outside of a quoted key; -1 if there is none. */
    private static int equalsSign(String text) {
        int at = 0;
        while (at < text.length() && text.charAt(at) != '=') {
            int quoteEnd = text.startsWith("[\"", at) ? text.indexOf("\"]", at + 2) : -1;
            at = quoteEnd >= 0 ? quoteEnd + 2 : at + 1;
        }
        return at < text.length() ? at : -1;
    }

    private static JsonNode value(String text) {
        try {
            return JsonText.parse(text, "--set");
        } catch (UserException e) {
            return TextNode.valueOf(text);
        }
    }

    private static String put(Config root, List<JsonPath.Step> steps, JsonNode value, String setting) {
        Config at = root;
        for (JsonPath.Step step : steps.subList(0, steps.size() - 1)) {
            Config next = at.child(step);
            if (next == null) {
                throw new UserException(setting + ": " + at.describeLack(step));
            }
            at = next;
        }
        JsonPath.Step last = steps.getLast();
        if (last.key() != null && at.node instanceof ObjectNode object) {
            if (value.isNull()) {
                object.remove(last.key());
            } else {
                object.set(last.key(), value);
            }
            return JsonPath.below(at.path, last.key());
        }
        if (last.key() == null && at.node instanceof ArrayNode list && last.index() <= list.size()
                && last.index() >= 0) {
            if (last.index() == list.size()) {
                list.add(value);
            } else {
                list.set(last.index(), value);
            }
            return JsonPath.below(at.path, last.index());
        }
        throw new UserException(setting + ": " + at.describeLack(last));
    }

    private Config child(JsonPath.Step step) {
        JsonNode next = step.key() != null ? node.get(step.key()) : node.get(step.index());
        if (next == null) {
            return null;
        }
        return step.key() != null ? below(step.key(), next) : below(step.index(), next);
    }

    private String describeLack(JsonPath.Step step) {
        if (step.key() == null) {
            return node.isArray() ? place() + " has " + node.size() + " elements, so there is no ["
                    + step.index() + "]."
                    : place() + " is " + standing() + ", which has no elements to count.";
        }
        if (!node.isObject()) {
            return place() + " is " + standing() + ", which has no key " + Names.quote(step.key()) + ".";
        }
        return place() + " has no key " + Names.quote(step.key()) + "." + Names.hint(step.key(), keys())
                + " It has: " + Names.list(keys()) + ".";
    }

    // ------------------------------------------------------------------------------------------- structure

    /**
     * {@return whether a value stands under this key}
     *
     * @param key of this object
     */
    public boolean has(String key) {
        return node.has(key);
    }

    /** {@return the keys of this object in the file's order; refused where no object stands here} */
    public Set<String> keys() {
        requireObject();
        Set<String> keys = new LinkedHashSet<>();
        node.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    /** {@return whether this value is a JSON object} */
    public boolean isObject() {
        return node.isObject();
    }

    /** {@return whether this value is a JSON list} */
    public boolean isList() {
        return node.isArray();
    }

    /** {@return whether this value is a text} */
    public boolean isText() {
        return node.isTextual();
    }

    /** {@return whether this value is true or false} */
    public boolean isFlag() {
        return node.isBoolean();
    }

    /**
     * {@return the object under this key, which must be there}
     *
     * @param key of this object
     */
    public Config object(String key) {
        Config value = require(key, "an object { ... }");
        value.requireObject();
        return value;
    }

    /**
     * {@return the value under this key, whatever its type, or nothing if it is left out}
     *
     * @param key of this object
     */
    public Optional<Config> find(String key) {
        requireObject();
        return has(key) ? Optional.of(below(key, node.get(key))) : Optional.empty();
    }

    /**
     * {@return the elements of the list under this key, which must be there}
     *
     * @param key of this object
     */
    public List<Config> list(String key) {
        return require(key, "a list [ ... ]").list();
    }

    /** {@return the elements of this list} */
    public List<Config> list() {
        if (!node.isArray()) {
            throw wrong("a list [ ... ]");
        }
        List<Config> elements = new ArrayList<>();
        for (JsonNode element : node) {
            elements.add(below(elements.size(), element));
        }
        return List.copyOf(elements);
    }

    /**
     * Refuses every key of this object but these.
     *
     * @param keys what may stand here
     * @throws UserException for the first other key: its place, the nearest of these, and all of these
     */
    public void allow(String... keys) {
        allow(List.of(keys));
    }

    /**
     * As {@link #allow(String...)}.
     *
     * @param keys those that may stand here
     */
    public void allow(Collection<String> keys) {
        for (String key : keys()) {
            if (!keys.contains(key)) {
                throw unknown(key, keys);
            }
        }
    }

    /**
     * Refuses every key of this object that what was chosen does not read.
     *
     * @param choice the kind, method or source that was chosen
     * @param keys   by choice, the keys that it reads
     * @throws UserException for the first other key: its place, and which choices read it; or as {@link #allow} has it
     *                       where none does
     */
    public void allow(String choice, Map<String, ? extends Collection<String>> keys) {
        Collection<String> read = keys.get(choice);
        for (String key : keys()) {
            if (!read.contains(key)) {
                List<String> readers = keys.keySet().stream().filter(other -> keys.get(other).contains(key)).sorted()
                        .toList();
                throw readers.isEmpty() ? unknown(key, read) : error(key, "is a key that " + Names.quote(choice)
                        + " does not read; " + Names.list(readers) + (readers.size() == 1 ? " does. " : " do. ")
                        + "Take it out, or set it to null. Allowed here: " + Names.list(read) + ".");
            }
        }
    }

    private UserException unknown(String key, Collection<String> keys) {
        return error(key, "is an unknown key." + Names.hint(key, keys) + " Allowed here: " + Names.list(keys) + ".");
    }

    // ------------------------------------------------------------------------------------------- values

    /** {@return this value as a text} */
    public String text() {
        if (!node.isTextual()) {
            throw wrong("a text in double quotes");
        }
        return node.textValue();
    }

    /**
     * {@return the text under this key, which must be there}
     *
     * @param key of this object
     */
    public String text(String key) {
        return require(key, "a text").text();
    }

    /**
     * {@return the text under this key, or the fallback}
     *
     * @param key      of this object
     * @param fallback where the key is left out
     */
    public String text(String key, String fallback) {
        return has(key) ? text(key) : fallback;
    }

    /**
     * {@return the text under this key that names something, as {@link Names#check} has it, or the fallback}
     *
     * @param key      of this object
     * @param fallback where the key is left out
     */
    public String name(String key, String fallback) {
        return has(key) ? Names.check(below(key, node.get(key)).place(), text(key)) : fallback;
    }

    /**
     * {@return the path under this key, which must be there: of a file or folder, which need not}
     *
     * @param key of this object
     */
    public Path path(String key) {
        Config value = require(key, "the path of a file or folder");
        return FilePath.of(value.text(), value.place());
    }

    /**
     * {@return the texts of the list under this key, which must be there}
     *
     * @param key of this object
     */
    public List<String> texts(String key) {
        return list(key).stream().map(Config::text).toList();
    }

    /**
     * {@return the text under this key, which must be there, as a list of one; or the texts of the list there}
     *
     * @param key of this object
     */
    public List<String> textOrTexts(String key) {
        Config value = require(key, "a text or a list of texts");
        return value.node.isTextual() ? List.of(value.text()) : texts(key);
    }

    /**
     * {@return this value as one of a few texts; another is refused with the nearest of them}
     *
     * @param allowed the texts
     */
    public String choice(List<String> allowed) {
        String given = text();
        if (!allowed.contains(given)) {
            throw error("is the text \"" + Names.printable(given) + "\", which is not known."
                    + Names.hint(given, allowed)
                    + " It may be: " + Names.list(allowed) + ".");
        }
        return given;
    }

    /**
     * {@return the text under this key, which must be there and one of a few}
     *
     * @param key     of this object
     * @param allowed the texts
     */
    public String choice(String key, List<String> allowed) {
        return require(key, "one of: " + Names.list(allowed)).choice(allowed);
    }

    /**
     * {@return the text under this key, which must be one of a few, or the fallback}
     *
     * @param key      of this object
     * @param allowed  the texts
     * @param fallback where the key is left out
     */
    public String choice(String key, List<String> allowed, String fallback) {
        return has(key) ? choice(key, allowed) : fallback;
    }

    /**
     * {@return this value as a whole number of 64 bits; {@code 1e6} and {@code 3.0} are whole numbers, 3.5 and "3" are
     * not}
     */
    public long longInteger() {
        if (!node.isNumber()) {
            throw wrong("a whole number");
        }
        if (node.isIntegralNumber() ? !node.canConvertToLong() : !isWholeLong(node.doubleValue())) {
            throw wrong("a whole number of at most 64 bits");
        }
        return node.longValue();
    }

    private static boolean isWholeLong(double value) {
        return value == Math.rint(value) && Math.abs(value) <= 0x1p53;
    }

    /**
     * {@return the 64-bit whole number under this key, which must be there}
     *
     * @param key of this object
     */
    public long longInteger(String key) {
        return require(key, "a whole number").longInteger();
    }

    /**
     * {@return the 64-bit whole number under this key, or the fallback}
     *
     * @param key      of this object
     * @param fallback where the key is left out
     */
    public long longInteger(String key, long fallback) {
        return has(key) ? longInteger(key) : fallback;
    }

    /** {@return this value as a whole number of 32 bits} */
    public int integer() {
        return integerIn(Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /**
     * {@return the whole number under this key, which must be there}
     *
     * @param key of this object
     */
    public int integer(String key) {
        return require(key, "a whole number").integer();
    }

    /**
     * {@return the whole number under this key, or the fallback}
     *
     * @param key      of this object
     * @param fallback where the key is left out
     */
    public int integer(String key, int fallback) {
        return has(key) ? integer(key) : fallback;
    }

    /**
     * {@return this value as a whole number between two bounds, both included}
     *
     * @param least included
     * @param most  included
     */
    public int integerIn(int least, int most) {
        long value = longInteger();
        if (value < least || value > most) {
            throw wrong(most < Integer.MAX_VALUE ? "a whole number from " + least + " to " + most
                    : least > Integer.MIN_VALUE ? "a whole number of at least " + least : "a whole number of 32 bits");
        }
        return (int) value;
    }

    /**
     * {@return the whole number under this key, which must be there, between two bounds, both included}
     *
     * @param key   of this object
     * @param least included
     * @param most  included
     */
    public int integerIn(String key, int least, int most) {
        return require(key, "a whole number from " + least + " to " + most).integerIn(least, most);
    }

    /**
     * {@return the whole number of at least 1 under this key, which must be there}
     *
     * @param key of this object
     */
    public int positive(String key) {
        return require(key, "a whole number of at least 1").integerIn(1, Integer.MAX_VALUE);
    }

    /**
     * {@return the whole number of at least 1 under this key, or the fallback}
     *
     * @param key      of this object
     * @param fallback where the key is left out
     */
    public int positive(String key, int fallback) {
        return has(key) ? positive(key) : fallback;
    }

    /**
     * {@return the whole number of at least 0 under this key, which must be there}
     *
     * @param key of this object
     */
    public int nonNegative(String key) {
        return require(key, "a whole number of at least 0").integerIn(0, Integer.MAX_VALUE);
    }

    /**
     * {@return the whole number of at least 0 under this key, or the fallback}
     *
     * @param key      of this object
     * @param fallback where the key is left out
     */
    public int nonNegative(String key, int fallback) {
        return has(key) ? nonNegative(key) : fallback;
    }

    /**
     * {@return the whole numbers of the list under this key, which must be there; each of at least 1}
     *
     * @param key of this object
     */
    public int[] positives(String key) {
        return list(key).stream().mapToInt(element -> element.integerIn(1, Integer.MAX_VALUE)).toArray();
    }

    /** {@return this value as a finite number} */
    public double number() {
        if (!node.isNumber()) {
            throw wrong("a number");
        }
        double value = node.doubleValue();
        if (!Double.isFinite(value)) {
            throw wrong("a number within the range of 64-bit floating point");
        }
        return value;
    }

    /**
     * {@return the finite number under this key, which must be there}
     *
     * @param key of this object
     */
    public double number(String key) {
        return require(key, "a number").number();
    }

    /**
     * {@return the finite number under this key, or the fallback}
     *
     * @param key      of this object
     * @param fallback where the key is left out
     */
    public double number(String key, double fallback) {
        return has(key) ? number(key) : fallback;
    }

    /**
     * {@return this value as a number of a range}
     *
     * @param range what it may be
     */
    public double number(Range range) {
        double value = number();
        String fault = range.fault(value);
        if (fault != null) {
            throw error("is " + standing() + fault + ".");
        }
        return value;
    }

    /**
     * {@return the number of a range under this key, or the fallback}
     *
     * @param key      of this object
     * @param range    what it may be
     * @param fallback where the key is left out
     */
    public double number(String key, Range range, double fallback) {
        return has(key) ? below(key, node.get(key)).number(range) : fallback;
    }

    /**
     * {@return the number of a range under this key, which must be there}
     *
     * @param key   of this object
     * @param range what it may be
     */
    public double number(String key, Range range) {
        return require(key, range.toString()).number(range);
    }

    /**
     * {@return the numbers of a range in the list under this key, which must be there}
     *
     * @param key   of this object
     * @param range what each may be
     */
    public double[] numbers(String key, Range range) {
        return list(key).stream().mapToDouble(element -> element.number(range)).toArray();
    }

    /** {@return this value as true or false} */
    public boolean flag() {
        if (!node.isBoolean()) {
            throw wrong("true or false");
        }
        return node.booleanValue();
    }

    /**
     * {@return the flag under this key, which must be there}
     *
     * @param key of this object
     */
    public boolean flag(String key) {
        return require(key, "true or false").flag();
    }

    /**
     * {@return the flag under this key, or the fallback}
     *
     * @param key      of this object
     * @param fallback where the key is left out
     */
    public boolean flag(String key, boolean fallback) {
        return has(key) ? flag(key) : fallback;
    }

    /**
     * A place at which two configurations say something else.
     *
     * @param path  {@code model.trunk[3].kernel}
     * @param here  what the one says, as JSON, or "not given"
     * @param there what the other says
     */
    public record Difference(String path, String here, String there) {
    }

    /**
     * Where another configuration says something else than this one. The order of keys, and whether a key is null or
     * left out, make no difference.
     *
     * @param other whose root is held against this one
     * @return each place once, with what stands here and there
     */
    public List<Difference> differences(Config other) {
        List<Difference> found = new ArrayList<>();
        Differences.collect(path, node, other.node, found);
        return List.copyOf(found);
    }

    // ------------------------------------------------------------------------------------------- place and text

    /** {@return what the text is called: its file, as it was given} */
    public String source() {
        return origin.source;
    }

    /** {@return the path in the file, {@code model.trunk[3].kernel}; empty at the root} */
    public String path() {
        return path;
    }

    /**
     * {@return file and path, {@code rooms.json: model.trunk[3].kernel}, and the {@code --set} that put the value
     * there, if one did}
     */
    public String place() {
        String set = override();
        String file = set == null ? origin.source : origin.source + " with --set " + set;
        return path.isEmpty() ? file : file + ": " + path;
    }

    /**
     * Makes something of this value's parts; a complaint about them gets this value's place in front.
     *
     * @param <T>   what is made
     * @param maker makes it, and may complain without a place
     * @return what it made
     * @throws UserException as {@code maker} does, and where
     */
    public <T> T placed(Supplier<T> maker) {
        try {
            return maker.get();
        } catch (UserException e) {
            throw new UserException(place() + ": " + e.getMessage(), e);
        }
    }

    /**
     * A complaint about this value.
     *
     * @param message what is wrong, as the rest of a sentence that begins with the place: {@code "is a text, but ..."}
     * @return it, to be thrown
     */
    public UserException error(String message) {
        return new UserException(place() + " " + message);
    }

    /**
     * A complaint about the value under a key of this object, which need not be there; otherwise as
     * {@link #error(String)}.
     *
     * @param key     of this object
     * @param message as there
     * @return it, to be thrown
     */
    public UserException error(String key, String message) {
        return below(key, node.path(key)).error(message);
    }

    /**
     * {@return this value as JSON without comments, always written the same way; keys keep their order, for it carries
     * meaning}
     */
    public String canonicalText() {
        return JsonText.write(node);
    }

    @Override
    public String toString() {
        return place();
    }

    private String override() {
        return origin.overrides.entrySet().stream().filter(set -> covers(set.getKey()))
                .map(set -> set.getKey() + "=" + set.getValue()).reduce((first, last) -> last).orElse(null);
    }

    private boolean covers(String set) {
        return path.startsWith(set) && (path.length() == set.length() || ".[".indexOf(path.charAt(set.length())) >= 0);
    }

    private Config below(String key, JsonNode value) {
        return new Config(origin, JsonPath.below(path, key), value);
    }

    private Config below(int index, JsonNode value) {
        return new Config(origin, JsonPath.below(path, index), value);
    }

    private Config require(String key, String what) {
        requireObject();
        if (has(key)) {
            return below(key, node.get(key));
        }
        Set<String> others = keys();
        others.remove(key);
        String instead = Names.nearest(key, others)
                .map(name -> " Is " + Names.quote(name) + ", which stands there, meant to be it?").orElse("");
        throw error("lacks the key " + Names.quote(key) + ", which must be " + what + "." + instead);
    }

    private void requireObject() {
        if (!node.isObject()) {
            throw wrong("an object { ... }");
        }
    }

    private UserException wrong(String needed) {
        return error("is " + standing() + ", but must be " + needed + ".");
    }

    private String standing() {
        return switch (node.getNodeType()) {
            case STRING -> "the text \"" + Names.printable(node.textValue()) + "\"";
            case NUMBER -> "the number " + Names.printable(node.asText());
            case BOOLEAN -> node.asText();
            case NULL -> "null";
            case OBJECT -> "an object";
            case ARRAY -> "a list of " + node.size() + (node.size() == 1 ? " element" : " elements");
            default -> "missing";
        };
    }
}
