package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnchorsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "The run's folder | the-runs-folder",
        "Changing values with --set | changing-values-with---set",
        "data and validation | data-and-validation",
        "0012: In bf16, sums are float32 | 0012-in-bf16-sums-are-float32",
        "snake_case stays | snake_case-stays",
        "Größe, naïve | größe-naïve"})
    void anAnchorIsWhatGithubMakesOfAHeading(String heading, String anchor) {
        assertEquals(anchor, new Anchors().of(heading));
    }

    @Test
    void headingsOfOneTextAreNumbered() {
        Anchors anchors = new Anchors();
        assertEquals("keys", anchors.of("Keys"));
        assertEquals("keys-1", anchors.of("Keys"));
        assertEquals("keys-2", anchors.of("keys"));
    }
}
