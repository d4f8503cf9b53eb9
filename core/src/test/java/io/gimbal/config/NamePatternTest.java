package io.gimbal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamePatternTest {
    private static final List<String> NAMES = List.of("trunk.0.weight", "trunk.0.bias", "heads.a.0.weight");

    @ParameterizedTest
    @CsvSource({"trunk.0.bias, true", "trunk.0.bia, false", "trunk.*, true", "*, true", "**, true", "*.bias, true",
        "*.b*s, true", "t*.0.*s, true", "*.weight, false", "trunk.0.bias*, true", "*trunk.0.bias, true",
        "trunk?0.bias, false", "trunk.0.*.0.bias, false", "trunk.0.b*bias, false", "*.*.*, true", "*.*.*.*, false",
        "*0*k*, false", "trunk.0.bias*bias, false"})
    void aStarStandsForAnyLettersAndNothingElseForOthersThanItself(String pattern, boolean fits) {
        assertEquals(fits, new NamePattern(pattern).fits("trunk.0.bias"));
    }

    @Test
    void thoseThatFitKeepTheirOrder() {
        assertEquals(List.of("trunk.0.weight", "heads.a.0.weight"), new NamePattern("*weight").among(NAMES, "x", "y"));
    }

    @Test
    void aPatternOfNothingIsRefusedWithTheNearestNameOrPart() {
        assertEquals("--only 'trunk.0.wieght': no tensor of the network has such a name. Did you mean "
                + "'trunk.0.weight'? Their names begin with trunk, heads.", refusal("trunk.0.wieght"));
        assertEquals("--only '*.head.*': no tensor of the network has such a name. Did you mean 'heads'? Their names "
                + "begin with trunk, heads.", refusal("*.head.*"));
        assertEquals("--only 'backbone*': no tensor of the network has such a name. Their names begin with trunk, "
                + "heads.", refusal("backbone*"));
    }

    private static String refusal(String pattern) {
        return assertThrows(UserException.class, () -> new NamePattern(pattern).among(NAMES, "--only", "tensor"))
                .getMessage();
    }

    @Test
    void nothingIsNoPattern() {
        assertEquals("a pattern of names is empty, but must be a name, in which * may stand for any letters.",
                assertThrows(UserException.class, () -> new NamePattern(" ")).getMessage());
    }

    @Test
    void manyStarsTakeNoTime() {
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> new NamePattern("*a".repeat(5000) + "b")
                .fits("a".repeat(100_000)));
    }
}
