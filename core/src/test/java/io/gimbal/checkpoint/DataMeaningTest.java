package io.gimbal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import io.gimbal.data.Fit;
import io.gimbal.data.Normalisation;
import io.gimbal.data.NyuDepth;
import io.gimbal.data.Rooms;
import io.gimbal.loss.Loss;
import io.gimbal.loss.TaskSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataMeaningTest {
    private static SequencedMap<String, List<String>> names(String task, String... names) {
        SequencedMap<String, List<String>> all = new LinkedHashMap<>();
        all.put(task, List.of(names));
        return all;
    }

    @Test
    void itIsReadAsItWasWritten() {
        for (DataMeaning meaning : List.of(DataMeaning.UNKNOWN, new DataMeaning(Optional.of(Normalisation.IMAGENET),
                names("a.b \"ü\"", "one, two", "\\")), new DataMeaning(Optional.empty(), names("t", "x")))) {
            assertEquals(meaning, DataMeaning.read(meaning.metadata(), "the file"));
        }
    }

    @Test
    void dataTellIt() {
        DataMeaning meaning = DataMeaning.of(new Rooms(1, 2, 8, 8), List.of(new TaskSpec("what", Loss.crossEntropy(13),
                "segmentation"), new TaskSpec("depth", Loss.l1(), "depth")));
        assertEquals(new DataMeaning(Optional.of(Normalisation.RANGE.spread(3)), names("what",
                NyuDepth.CLASS_NAMES.toArray(String[]::new)), Optional.empty(), Optional.of(Fit.STRETCH), kinds()),
                meaning, "depth has no names");
        assertEquals(meaning, DataMeaning.read(meaning.metadata(), "the file"));
        Map<String, String> wrong = new LinkedHashMap<>(meaning.metadata());
        wrong.put("kinds.what", "colours");
        assertEquals("the file: its metadata's kinds.what is 'colours'; it may be classes, values, edges, depth, "
                + "vectors, flow, points, coordinates", assertThrows(UserException.class, () -> DataMeaning.read(wrong,
                        "the file")).getMessage());
    }

    private static SequencedMap<String, Field.Kind> kinds() {
        SequencedMap<String, Field.Kind> kinds = new LinkedHashMap<>();
        kinds.put("what", Field.Kind.CLASSES);
        kinds.put("depth", Field.Kind.DEPTH);
        return kinds;
    }

    @Test
    void otherMetadataSayNothing() {
        assertEquals(DataMeaning.UNKNOWN, DataMeaning.read(Map.of("gimbal.checkpoint", "1", "data.count", "3"),
                "the file"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "data.mean | [0.5] | its metadata's data.deviation",
        "data.deviation | [0.5] | its metadata's data.mean",
        "data.mean | 5 | its metadata's data.mean",
        "data.mean | [0.5, true] | its metadata's data.mean",
        "names.t | {} | its metadata's names.t",
        "names.t | [1] | its metadata's names.t",
        "names.t | [\"a\" | its metadata's names.t",
    })
    void whatCannotBeIsRefusedByItsKey(String key, String text, String place) {
        String message = assertThrows(UserException.class, () -> DataMeaning.read(Map.of(key, text), "a file"))
                .getMessage();
        assertTrue(message.startsWith("a file: " + place), message);
    }

    @Test
    void aNormalisationThatCannotBeIsRefused() {
        for (String deviation : List.of("[0]", "[-1]", "[0.1, 0.2]", "[]")) {
            String message = assertThrows(UserException.class, () -> DataMeaning.read(Map.of("data.mean", "[0.5]",
                    "data.deviation", deviation), "a file")).getMessage();
            assertTrue(message.startsWith("a file: its metadata's data."), message);
        }
    }
}
