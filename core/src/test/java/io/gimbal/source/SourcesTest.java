package io.gimbal.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.Augmentation;
import io.gimbal.data.DataSet;
import io.gimbal.data.Normalisation;
import io.gimbal.graph.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourcesTest {
    private static final Shape INPUT = Shape.image(2, 3, 8, 12);

    private static Config data(String more) {
        return Config.parse("{\"source\": \"rooms\", \"count\": 4" + more + "}", "data.json");
    }

    @Test
    void everyVariationIsRead() {
        Augmentation read = Sources.augmentation(data(", \"flip\": false, \"augment\": {\"scale\": {\"between\":"
                + " [0.5, 2]},"
                + " \"rotate\": 20, \"shift\": true, \"cutout\": 0.25, \"colours\": {\"brightness\": 0.1,"
                + " \"contrast\": "
                + "0.2, \"saturation\": 0.3, \"hue\": 0.4}}"));
        assertEquals(new Augmentation(false, List.of(0.5, 2.0), true, 20, true, new Augmentation.Colours(0.1, 0.2, 0.3,
                0.4), 0.25), read);
        assertEquals(List.of(1.0, 1.2, 1.5), Sources.augmentation(data(", \"augment\": {\"scale\": {\"among\": "
                + "[1, 1.2, 1.5]}}")).scales());
        assertEquals(Augmentation.flips(true), Sources.augmentation(data("")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "\"augment\": {\"scale\": 2}|augment.scale|object",
        "\"augment\": {\"scale\": {}}|augment.scale|between",
        "\"augment\": {\"scale\": {\"between\": [1], \"among\": [1]}}|augment.scale|between",
        "\"augment\": {\"scale\": {\"between\": [2, 1]}}|augment|the smaller one comes first",
        "\"augment\": {\"scale\": {\"among\": [0]}}|augment.scale.among[0]|above 0",
        "\"augment\": {\"rotate\": 200}|augment|rotation is 200.0",
        "\"augment\": {\"colours\": {\"hue\": 0.6}}|augment.colours|hue is 0.6",
        "\"augment\": {\"colours\": {\"colour\": 0.6}}|augment.colours.colour|unknown",
        "\"augment\": {\"zoom\": 0.6}|augment.zoom|unknown",
        "\"normalize\": \"imagnet\"|normalize|imagenet",
        "\"normalize\": {\"mean\": [1, 2], \"std\": [1, 1]}|normalize|2 channels is given for images of 3",
        "\"normalize\": {\"mean\": [1], \"std\": [0]}|normalize.std[0]|above 0",
        "\"fit\": \"squeeze\"|fit|stretch",
        "\"cache\": {\"memory\": 5}|cache.memory|unknown"})
    void mistakesAreNamed(String keys, String place, String why) {
        String message = assertThrows(UserException.class, () -> Sources.training(data(", " + keys), 1, INPUT))
                .getMessage();
        assertTrue(message.contains(place) && message.contains(why), message);
    }

    @Test
    void validationTakesOverWhatItDoesNotSayButIsNotVaried() {
        Config all = data(", \"normalize\": \"imagenet\", \"augment\": {\"rotate\": 20}");
        DataSet held = Sources.validation(Config.parse("{\"count\": 2}", "held.json"), all, 1, INPUT);
        assertEquals(2, held.size());
        assertEquals(Normalisation.IMAGENET, held.normalisation());
        assertThrows(UserException.class,
                () -> Sources.validation(Config.parse("{\"augment\": {}}", "held.json"), all, 1,
                INPUT));
    }

    @Test
    void aPartOfTheDataIsHeldOutAndValidatedOn() {
        Config all = data(", \"hold_out\": 0.25, \"augment\": {\"rotate\": 10}");
        assertEquals(3, Sources.training(all, 1, INPUT).size());
        assertEquals(1, Sources.validation(Config.parse("{\"held_out\": true}", "held.json"), all, 1, INPUT).size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            , "hold_out": 0.2 | {}                                    | hold_out is 0.2, which of 4 examples is not one
            , "hold_out": 0.6 | {}                                    | at most one half
            , "hold_out": 0   | {}                                    | hold_out
                              | {"held_out": true}                    | has no 'hold_out', and held.json asks for what
            , "hold_out": 0.5 | {"held_out": true, "count": 2}        | count""")
    void whatCannotBeHeldOutIsRefused(String more, String validation, String why) {
        Config all = data(more == null ? "" : more);
        String said = assertThrows(UserException.class, () -> {
            Sources.training(all, 1, INPUT);
            Sources.validation(Config.parse(validation, "held.json"), all, 1, INPUT);
        }).getMessage();
        assertTrue(said.contains(why), said);
    }
}
