package io.gimbal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    private static final Config HEADS = Config.parse("""
            {"model": {"heads": {"a": [], "b.c": []}}, "tasks": {"a": {}, "b.c": {}},
             "balance": {"method": "gradnorm", "start": {"b.c": 2}}}""", "heads.json");

    @Test
    void aTaskThatIsNotPredictedGoesWithAllThatIsSaidOfIt() {
        Config left = Settings.over(HEADS, List.of("model.heads[\"b.c\"]=null", "seed=3"));
        assertEquals(Set.of("a"), left.object("tasks").keys());
        assertEquals(Set.of(), left.object("balance").object("start").keys());
        assertEquals(3, left.integer("seed"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"weights", "start", "priority", "nadir", "leak"})
    void whatARuleIsGivenByTaskGoesWithTheTask(String key) {
        Config config = Config.parse("{\"model\": {\"heads\": {\"a\": [], \"b\": []}}, \"balance\": {\"" + key
                + "\": {\"a\": 1, \"b\": 1}}}", "rule.json");
        Config left = Settings.over(config, List.of("model.heads.b=null"));
        assertEquals(Set.of("a"), left.object("balance").object(key).keys());
    }

    @Test
    void oneLeakForAllTasksStaysWhenATaskGoes() {
        Config config = Config.parse("{\"model\": {\"heads\": {\"a\": [], \"b\": []}}, \"balance\": {\"leak\": 0.5}}",
                "rule.json");
        assertEquals(0.5, Settings.over(config, List.of("model.heads.b=null")).object("balance").number("leak",
                Range.FRACTION, 0));
    }

    @Test
    void outputsOfBlocksAreHeadsToo() {
        Config blocks = Config.parse("{\"model\": {\"blocks\": {}, \"outputs\": {\"a\": [\"x\"], \"b\": [\"y\"]}}, "
                + "\"tasks\": {\"a\": {}, \"b\": {}}}", "blocks.json");
        assertEquals(Set.of("b"), Settings.over(blocks, List.of("model.outputs.a=null")).object("tasks").keys());
    }

    /** It makes heads for the tasks that there are. */
    @Test
    void ofANamedArchitectureATaskGoesByItself() {
        Config named = Config.parse("{\"model\": {\"architecture\": \"mtan\"}, \"tasks\": {\"a\": {}, \"b\": {}}, "
                + "\"balance\": {\"weights\": {\"a\": 1, \"b\": 2}}}", "named.json");
        Config left = Settings.over(named, List.of("tasks.a=null"));
        assertEquals(Set.of("b"), left.object("tasks").keys());
        assertEquals(Set.of("b"), left.object("balance").object("weights").keys());
    }

    @Test
    void aTaskOfNoHeadIsNotForgivenOtherwise() {
        Config typo = Config.parse("{\"model\": {\"heads\": {\"a\": []}}, \"tasks\": {\"a\": {}, \"aa\": {}}}",
                "t.json");
        assertTrue(Settings.over(typo, List.of("seed=1")).object("tasks").has("aa"));
        assertThrows(UserException.class, () -> Settings.over(typo, List.of("model.heads.x.y=1")));
    }
}
