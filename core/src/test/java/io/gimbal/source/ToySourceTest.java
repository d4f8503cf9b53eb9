package io.gimbal.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.ToyFunctions;
import io.gimbal.graph.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToySourceTest {
    private static final Shape INPUT = Shape.features(1, ToyFunctions.INPUTS);

    private static Config config(String text) {
        return Config.parse(text, "toy.json");
    }

    @Test
    void whatIsHeldOutIsOfOtherInputs() {
        Config data = config("{\"source\": \"toy\", \"scales\": [1, 100], \"count\": 6}");
        DataSet learned = Sources.training(data, 3, INPUT);
        DataSet held = Sources.validation(config("{}"), data, 3, INPUT);
        assertEquals(6, learned.size());
        assertEquals(2, learned.fields().size());
        assertNotEquals(learned.identity(), held.identity());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"source": "toy", "scales": [1], "count": 6}               | 8   | 250 values, but model.input is
            {"source": "toy", "count": 6}                              | 250 | scales
            {"source": "toy", "scales": [], "count": 6}                | 250 | scales has 0 numbers
            {"source": "toy", "scales": [0], "count": 6}               | 250 | scales[0]
            {"source": "toy", "scales": [1], "count": 0}               | 250 | count
            {"source": "toy", "scales": [1], "count": 1000000000}      | 250 | at most 1073741824
            {"source": "toy", "scales": [1], "count": 5, "flip": true} | 250 | flip""")
    void mistakesAreNamed(String text, int inputs, String why) {
        String said = assertThrows(UserException.class, () -> Sources.training(config(text), 1, Shape.features(1,
                inputs))).getMessage();
        assertTrue(said.contains(why), said);
    }
}
