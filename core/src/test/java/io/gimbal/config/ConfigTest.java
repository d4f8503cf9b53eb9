package io.gimbal.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
    @TempDir
    private Path folder;

    private static final Config ROOMS = Config.parse("""
            {
              // the network
              "model": {"input": [3, 96, 128], "trunk": [
                {"layer": "conv2d", "out": 16, "kernel": 3, "bias": false},
                {"layer": "rleu"} /* a slip */
              ]},
              "optimizer": {"lr": 1e-3, "betas": [0.9, 0.999], "momentum": null},
              "steps": 2e2,
              "seed": 9007199254740993
            }
            """, "rooms.json");

    private static Config of(String json) {
        return Config.parse(json, "a.json");
    }

    private static String complaint(Runnable reading) {
        return assertThrows(UserException.class, reading::run).getMessage();
    }

    private static void refuses(String json, Consumer<Config> reading, String message) {
        assertEquals(message, complaint(() -> reading.accept(of(json))));
    }

    @Test
    void valuesOfEveryTypeAreRead() {
        Config layer = ROOMS.object("model").list("trunk").getFirst();
        assertEquals("conv2d", layer.text("layer"));
        assertEquals(16, layer.integer("out"));
        assertEquals(3, layer.positive("kernel"));
        assertEquals(0, layer.nonNegative("padding", 0));
        assertFalse(layer.flag("bias"));
        assertTrue(layer.flag("transposed", true));
        assertEquals(200, ROOMS.integer("steps"));
        assertEquals(9007199254740993L, ROOMS.longInteger("seed"));
        assertEquals(1e-3, ROOMS.object("optimizer").number("lr"));
        assertArrayEquals(new double[] {0.9, 0.999}, ROOMS.object("optimizer").numbers("betas", Range.BELOW_ONE));
        assertArrayEquals(new int[] {3, 96, 128}, ROOMS.object("model").positives("input"));
        assertEquals(List.of("a", "b"), of("{\"x\": [\"a\", \"b\"]}").texts("x"));
        assertEquals("relu", layer.choice("activation", List.of("relu", "tanh"), "relu"));
    }

    @Test
    void keysKeepTheFilesOrder() {
        assertEquals(List.of("model", "optimizer", "steps", "seed"), List.copyOf(ROOMS.keys()));
    }

    @Test
    void nullReadsAsLeftOut() {
        Config optimizer = ROOMS.object("optimizer");
        assertFalse(optimizer.has("momentum"));
        assertEquals(Optional.empty(), optimizer.find("momentum"));
        assertEquals(0.5, optimizer.number("momentum", 0.5));
        assertEquals(Set.of("lr", "betas"), optimizer.keys());
        of("{\"a\": 1, \"b\": null}").allow("a");
        assertEquals(Set.of(), of("{\"heads\": {\"x\": null}}").object("heads").keys());
        refuses("{\"a\": null}", config -> config.text("a"), "a.json lacks the key 'a', which must be a text.");
        refuses("{\"a\": [1, null]}", config -> config.numbers("a", Range.FINITE),
                "a.json: a[1] is null, but must be a number.");
    }

    @Test
    void findGivesAValueOfAnyType() {
        assertEquals(255.0, of("{\"ignore\": 255}").find("ignore").orElseThrow().number());
        assertTrue(of("{\"a\": {}}").find("a").orElseThrow().isObject());
        assertTrue(of("{\"a\": []}").find("a").orElseThrow().isList());
    }

    @Test
    void placesNameFileAndPath() {
        assertEquals("rooms.json", ROOMS.place());
        assertEquals("rooms.json: model.trunk[1]", ROOMS.object("model").list("trunk").get(1).place());
        assertEquals("model.trunk[1]", ROOMS.object("model").list("trunk").get(1).path());
        assertEquals("a.json: [0].b", of("[{\"b\": {}}]").list().getFirst().object("b").place());
        assertEquals("a.json: heads[\"a.b c\"]",
                of("{\"heads\": {\"a.b c\": {}}}").object("heads").object("a.b c").place());
    }

    @Test
    void anUnknownChoiceIsRefusedWithTheNearestAndAll() {
        Config layer = ROOMS.object("model").list("trunk").get(1);
        assertEquals("rooms.json: model.trunk[1].layer is the text \"rleu\", which is not known. Did you mean 'relu'?"
                + " It may be: conv2d, relu.", complaint(() -> layer.choice("layer", List.of("conv2d", "relu"))));
    }

    @Test
    void anUnknownKeyIsRefusedWithTheNearestAndAll() {
        refuses("{\"layer\": \"conv2d\", \"kernal\": 3}", config -> config.allow("layer", "out", "kernel"),
                "a.json: kernal is an unknown key. Did you mean 'kernel'? Allowed here: layer, out, kernel.");
        refuses("{\"zzz\": 3}", config -> config.allow(), "a.json: zzz is an unknown key. Allowed here: nothing.");
        of("{\"layer\": 1}").allow(Set.of("layer"));
    }

    @Test
    void aMissingKeySaysWhatItMustBeAndWhichKeyLooksLikeIt() {
        refuses("{\"kernal\": 3}", config -> config.positive("kernel"), "a.json lacks the key 'kernel', which must be"
                + " a whole number of at least 1. Is 'kernal', which stands there, meant to be it?");
        refuses("{\"x\": null}", config -> config.number("x"), "a.json lacks the key 'x', which must be a number.");
        refuses("{}", config -> config.choice("loss", List.of("l1", "l2")),
                "a.json lacks the key 'loss', which must be one of: l1, l2.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "\"3\"     | is the text \"3\", but must be a whole number.",
        "3.5       | is the number 3.5, but must be a whole number of at most 64 bits.",
        "1e30      | is the number 1.0E30, but must be a whole number of at most 64 bits.",
        "12345678901234567890 | is the number 12345678901234567890, but must be a whole number of at most 64 bits.",
        "3000000000 | is the number 3000000000, but must be a whole number of 32 bits.",
        "true      | is true, but must be a whole number.",
        "[1]       | is a list of 1 element, but must be a whole number.",
        "[1, 2]    | is a list of 2 elements, but must be a whole number.",
        "{}        | is an object, but must be a whole number."})
    void whatIsNoWholeNumberIsRefusedWithWhatStandsThere(String value, String message) {
        refuses("{\"x\": " + value + "}", config -> config.integer("x"), "a.json: x " + message);
    }

    @Test
    void wrongTypesAreRefusedByEveryAccessor() {
        String json = "{\"x\": 1, \"t\": \"yes\"}";
        refuses(json, c -> c.text("x"), "a.json: x is the number 1, but must be a text in double quotes.");
        refuses(json, c -> c.flag("t"), "a.json: t is the text \"yes\", but must be true or false.");
        refuses(json, c -> c.number("t"), "a.json: t is the text \"yes\", but must be a number.");
        refuses(json, c -> c.object("x"), "a.json: x is the number 1, but must be an object { ... }.");
        refuses(json, c -> c.list("x"), "a.json: x is the number 1, but must be a list [ ... ].");
        refuses(json, c -> c.choice("x", List.of("a")),
                "a.json: x is the number 1, but must be a text in double quotes.");
        refuses("{\"x\": [1, \"a\"]}", c -> c.numbers("x", Range.FINITE),
                "a.json: x[1] is the text \"a\", but must be a number.");
        refuses("[1]", c -> c.text("x"), "a.json is a list of 1 element, but must be an object { ... }.");
    }

    @Test
    void numbersOutOfTheirRangeAreRefused() {
        String json = "{\"x\": -1, \"zero\": 0, \"two\": 2}";
        refuses(json, c -> c.positive("zero"),
                "a.json: zero is the number 0, but must be a whole number of at least 1.");
        refuses(json, c -> c.nonNegative("x"), "a.json: x is the number -1, but must be a whole number of at least 0.");
        refuses(json, c -> c.number("zero", Range.POSITIVE, 1),
                "a.json: zero is the number 0, but must be a number above 0.");
        refuses(json, c -> c.number("x", Range.NON_NEGATIVE, 1),
                "a.json: x is the number -1, but must be a number of at least 0.");
        refuses(json, c -> c.number("two", Range.FRACTION, 0),
                "a.json: two is the number 2, but must be a number from 0 to 1.");
        refuses("{\"x\": 1e-50}", c -> c.number("x", Range.POSITIVE, 1), "a.json: x is the number 1.0E-50, which "
                + "float32 makes 0, but must be a number above 0 that float32 can hold (its smallest above 0 is "
                + "1.4E-45).");
        refuses(json, c -> c.find("two").orElseThrow().integerIn(3, 15),
                "a.json: two is the number 2, but must be a whole number from 3 to 15.");
        refuses("{\"x\": 1e999}", c -> c.number("x"),
                "a.json: x is the number Infinity, but must be a number within the range of 64-bit floating point.");
    }

    @ParameterizedTest
    @CsvSource({"3,3", "3.0,3", "1e6,1000000", "-7,-7", "2147483647,2147483647", "-2147483648,-2147483648"})
    void wholeNumbersMayBeWrittenInAnyForm(String written, int value) {
        assertEquals(value, of("{\"x\": " + written + "}").integer("x"));
    }

    @Test
    void namesFromOutsideCannotBreakTheMessagesLine() {
        String message = complaint(() -> of("{\"a\\nb\\u001b[31m\": 1}").allow("x"));
        assertFalse(message.chars().anyMatch(Character::isISOControl), message);
        message = complaint(() -> of("{\"x\": \"" + "long ".repeat(1000) + "\"}").integer("x"));
        assertTrue(message.length() < 200, message);
    }

    @Test
    void setReplacesAndAddsValuesAndLeavesTheOriginalAlone() {
        Config changed = ROOMS.with("model.trunk[0].kernel=5").with("optimizer.lr = 0.01")
                .with("data={\"path\": \"x\"}")
                .with("data.path=/some/folder").with("model.trunk[2]={\"layer\": \"tanh\"}").with("name=a=b");
        assertEquals(5, changed.object("model").list("trunk").getFirst().integer("kernel"));
        assertEquals(0.01, changed.object("optimizer").number("lr"));
        assertEquals("/some/folder", changed.object("data").text("path"));
        assertEquals("tanh", changed.object("model").list("trunk").get(2).text("layer"));
        assertEquals("a=b", changed.text("name"));
        assertEquals(3, ROOMS.object("model").list("trunk").getFirst().integer("kernel"));
        assertFalse(ROOMS.has("data"));
    }

    @Test
    void setToNullTakesAKeyAway() {
        Config changed = ROOMS.with("steps=null").with("model.trunk=null").with("none=null");
        assertEquals(of("{\"model\": {\"input\": [3, 96, 128]}, \"optimizer\": {\"lr\": 1e-3,"
                + "\"betas\": [0.9, 0.999]}, \"seed\": 9007199254740993}").canonicalText(), changed.canonicalText());
        assertEquals(ROOMS.canonicalText(), ROOMS.with("optimizer.momentum=null").canonicalText());
    }

    @Test
    void whatASetMakesCanBeReadAgain() {
        String deep = "[".repeat(99) + "]".repeat(99);
        of(ROOMS.with("data=" + deep).canonicalText());
        assertTrue(complaint(() -> ROOMS.with("model.trunk[0].out=" + deep)).contains("nested more than 100 deep"));
        assertTrue(complaint(() -> ROOMS.with("data=" + "x".repeat(5_000_000))).contains("larger than 4 MB"));
    }

    @Test
    void aKeyThatTheChoiceDoesNotReadIsRefusedWithTheChoicesThatDo() {
        Map<String, List<String>> keys = Map.of("adam", List.of("kind", "eps"), "sgd", List.of("kind", "momentum"),
                "adamw", List.of("kind", "eps"));
        of("{\"kind\": \"sgd\", \"momentum\": 1, \"eps\": null}").allow("sgd", keys);
        refuses("{\"kind\": \"sgd\", \"eps\": 1}", config -> config.allow("sgd", keys), "a.json: eps is a key that "
                + "'sgd' does not read; adam, adamw do. Take it out, or set it to null. Allowed here: kind, momentum.");
        refuses("{\"kind\": \"sgd\", \"momentun\": 1}", config -> config.allow("sgd", keys), "a.json: momentun is an "
                + "unknown key. Did you mean 'momentum'? Allowed here: kind, momentum.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uFEFF{\"x\": 5}", "{\r\n\"x\": // five\r\n5}\r\n", "\uFEFF{\r\"x\": // five\r5}"})
    void aByteOrderMarkAndAnyEndsOfLinesMayStandInAText(String json) throws IOException {
        assertEquals(5, of(json).integer("x"));
        Path file = Files.writeString(folder.resolve("a.json"), json);
        assertEquals(5, Config.read(file).integer("x"));
    }

    @Test
    void aPathIsReadOrNamedByItsPlace() {
        assertEquals(Path.of("a folder/b"), of("{\"path\": \"a folder/b\"}").path("path"));
        refuses("{\"path\": \"a\\u0000b\"}", config -> config.path("path"), "a.json: path is the path 'a\\u0000b', "
                + "which holds a control character (code 0). Give the file or folder a name without it.");
        refuses("{\"path\": \"\"}", config -> config.path("path"),
                "a.json: path is empty, where the path of a file or folder is needed.");
    }

    @Test
    void aComplaintAboutWhatIsMadeOfAValueGetsItsPlace() {
        Config lr = ROOMS.object("optimizer");
        assertEquals("rooms.json: optimizer: rate is too much.", complaint(() -> lr.placed(() -> {
            throw new UserException("rate is too much.");
        })));
        assertEquals(7, lr.placed(() -> 7));
    }

    @Test
    void setReachesKeysThatAreNoPlainNames() {
        Config config = of("{\"heads\": {\"a.b=c\": {\"out\": 1}}}").with("heads[\"a.b=c\"].out=4");
        assertEquals(4, config.object("heads").object("a.b=c").integer("out"));
    }

    @ParameterizedTest
    @CsvSource({"x=12,number", "x=true,flag", "x=abc,text", "x=,text", "x=[1,text", "x=NaN,text", "x=1 2,text",
            "x='\"1\"',text"})
    void setReadsJsonAndTakesTheRestForText(String set, String type) {
        Function<Config, Object> reading = switch (type) {
            case "number" -> config -> config.number("x");
            case "flag" -> config -> config.flag("x");
            default -> config -> config.text("x");
        };
        reading.apply(of("{}").with(set));
    }

    @Test
    void aComplaintAboutASetValueNamesTheSet() {
        Config changed = ROOMS.with("model.trunk[1].kernel=big").with("model.trunk[1].kern=1");
        Config layer = changed.object("model").list("trunk").get(1);
        assertEquals("rooms.json with --set model.trunk[1].kernel=big: model.trunk[1].kernel is the text \"big\","
                + " but must be a whole number.", complaint(() -> layer.positive("kernel")));
        assertEquals("rooms.json: model.trunk[1]", layer.place());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "optimiser.lr=1 | rooms.json has no key 'optimiser'. Did you mean 'optimizer'? It has: model, optimizer,"
            + " steps, seed.",
        "model.trunk[7].out=1 | rooms.json: model.trunk has 2 elements, so there is no [7].",
        "model.trunk[3]=1 | rooms.json: model.trunk has 2 elements, so there is no [3].",
        "model[0]=1 | rooms.json: model is an object, which has no elements to count.",
        "steps.x=1 | rooms.json: steps is the number 200.0, which has no key 'x'.",
        "steps | must be PATH=VALUE, for instance --set optimizer.lr=0.01.",
        "=1 | must be PATH=VALUE, for instance --set optimizer.lr=0.01.",
        "a..b=1 | 'a..b' is not a path: a name is missing in it.",
        "a[x]=1 | 'a[x]' is not a path: an index must be a whole number, not 'x'.",
        "a[-1]=1 | 'a[-1]' is not a path: an index must be a whole number, not '-1'.",
        "a[4294967295]=1 | 'a[4294967295]' is not a path: an index must be a whole number, not '4294967295'.",
        "a[+1]=1 | 'a[+1]' is not a path: an index must be a whole number, not '+1'.",
        "[0]=1 | rooms.json is an object, which has no elements to count.",
        "a[99999999999]=1 | 'a[99999999999]' is not a path: an index must be a whole number, not '99999999999'.",
        "a[1=1 | 'a[1' is not a path: its '[' is not closed.",
        "a[1]b=1 | 'a[1]b' is not a path: a '.' or '[' must follow a ']'.",
        "a.=1 | 'a.' is not a path: a name is missing in it."})
    void setRefusesPathsThatLeadNowhere(String set, String message) {
        assertEquals("--set " + set + ": " + message, complaint(() -> ROOMS.with(set)));
    }

    @Test
    void setIsOfTheRootAlone() {
        assertThrows(IllegalStateException.class, () -> ROOMS.object("model").with("x=1"));
    }

    @Test
    void canonicalTextDependsOnMeaningAlone() {
        String text = of("{ \"b\":1,/* c */\"a\" : [ 1.50, \"x\", null ] }").canonicalText();
        assertEquals(text, of("{\"b\": 1, \"a\": [15e-1, \"\\u0078\", null]}").canonicalText());
        assertEquals(text, of(text).canonicalText());
        assertEquals("{\n  \"b\": 1,\n  \"a\": [ 1.5, \"x\", null ]\n}\n", text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"x\": 1}", "[]", "{}", "\t{\r\n}", "{\"a\": {\"x\": 1}, \"b\": {\"x\": 2}}"})
    void soundTextsAreRead(String json) {
        of(json);
    }
}
