package io.gimbal.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.run.TinyRooms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExperimentTest {
    /** Of which one is held out. */
    private static final String TWELVE_ROOMS = TinyRooms.TEXT.replace("\"count\": 9", "\"count\": 12");

    @TempDir
    private Path folder;

    @BeforeEach
    void writeTheBase() throws IOException {
        Files.writeString(folder.resolve("base.json"), TWELVE_ROOMS);
    }

    private Experiment read(String text, String... settings) throws IOException {
        return Experiment.read(Files.writeString(folder.resolve("experiment.json"), text), List.of(settings));
    }

    private static List<String> names(Experiment experiment) {
        return experiment.runs().stream().map(PlannedRun::toString).toList();
    }

    private static Config config(Experiment experiment, String name) {
        return experiment.runs().stream().filter(run -> run.toString().equals(name)).findFirst().orElseThrow().config();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "dept": "RMSE"                           | metrics.dept is an unknown key
            "depth": "rmse"                          | metrics.depth is the text "rmse"
            "depth": "loss", "segmentation": "odsF"  | metrics.segmentation is the text "odsF"
            """)
    void aTaskOrMetricThatIsNotThereIsRefusedByName(String metrics, String says) throws IOException {
        Experiment experiment = read("{\"base\": \"base.json\", \"single_tasks\": true, \"metrics\": {" + metrics
                + "}}");
        String message = assertThrows(UserException.class, experiment::check).getMessage();
        assertTrue(message.contains(says), message);
    }

    @Test
    void aFileToStartFromThatDoesNotFitIsRefusedBeforeAnythingRuns() throws IOException {
        Experiment experiment = read("""
                {"base": "base.json", "axes": {"start": {"scratch": {}, "there": {"init": "nowhere.safetensors"}}}}""");
        String message = assertThrows(UserException.class, experiment::check).getMessage();
        assertTrue(message.startsWith("'there': ") && message.contains("nowhere.safetensors"), message);
    }

    @Test
    void axesAreCrossedAndSeedsStandInnermost() throws IOException {
        Experiment experiment = read("""
                {"base": "base.json", "seeds": [3, 5], "axes": {
                   "rule": {"equal": {"balance": {"method": "equal"}}, "GradNorm": {}},
                   "rate": {"path": "optimizer.lr", "values": [0.01, 0.001]}}}""");
        assertEquals(List.of("equal, rate 0.01, seed 3", "equal, rate 0.01, seed 5", "equal, rate 0.001, seed 3",
                "equal, rate 0.001, seed 5", "GradNorm, rate 0.01, seed 3", "GradNorm, rate 0.01, seed 5",
                "GradNorm, rate 0.001, seed 3", "GradNorm, rate 0.001, seed 5"), names(experiment));
        Config config = config(experiment, "equal, rate 0.001, seed 5");
        assertEquals("equal", config.object("balance").text("method"));
        assertEquals(0.001, config.object("optimizer").number("lr"));
        assertEquals(5, config.longInteger("seed"));
        assertEquals(Optional.of("equal, rate 0.01"), experiment.baseline());
        experiment.check();
    }

    @Test
    void aPartOfTheTrainingDataChoosesAndTheTestDataAreMeasuredOn() throws IOException {
        Experiment experiment = read("{\"base\": \"base.json\"}");
        Config config = config(experiment, "base, seed 1");
        assertEquals(0.1, config.object("data").number("hold_out"));
        assertTrue(config.object("validation").flag("held_out"));
        assertEquals(3, experiment.testing(config).object("validation").integer("count"));
    }

    @Test
    void theLastStepIsTakenWhereNothingIsHeldOut() throws IOException {
        Config config = config(read("{\"base\": \"base.json\", \"select\": \"last\"}"), "base, seed 1");
        assertFalse(config.object("data").has("hold_out"));
        assertEquals(3, config.object("validation").integer("count"));
    }

    @Test
    void aNetworkATaskComesFirst() throws IOException {
        Experiment experiment = read("""
                {"base": "base.json", "single_tasks": true, "set": {"best": {"task": "depth", "metric": "RMSE"}}}""");
        assertEquals(List.of("segmentation alone, seed 1", "depth alone, seed 1", "normals alone, seed 1",
                "base, seed 1"), names(experiment));
        Config alone = config(experiment, "normals alone, seed 1");
        assertEquals(List.of("normals"), List.copyOf(alone.object("model").object("heads").keys()));
        assertFalse(alone.has("balance"));
        assertFalse(alone.object("best").has("task"));
        assertTrue(config(experiment, "depth alone, seed 1").object("best").has("task"));
        experiment.check();
    }

    @Test
    void theBaseMayStandInTheFileAndValuesAreSetOverIt() throws IOException {
        Experiment experiment = read("{\"base\": " + TinyRooms.TEXT
                + ", \"set\": {\"epochs\": \"null\", \"steps\": 5}}",
                "data.count=20");
        Config config = config(experiment, "base, seed 1");
        assertEquals(5, config.integer("steps"));
        assertEquals(20, config.object("data").integer("count"));
        experiment.check();
    }

    @Test
    void staticWeightsAreThoseOfAnEarlierChoiceWithTheSameOthers() throws IOException {
        Experiment experiment = read("""
                {"base": "base.json", "axes": {
                   "rule": {"GradNorm": {}, "static": {"static_of": "GradNorm"}},
                   "rate": {"path": "optimizer.lr", "values": [0.01, 0.001]}}}""");
        assertEquals(Optional.of(Path.of("runs", "GradNorm-rate-0.001", "seed-1")), experiment.runs().getLast()
                .weightsFrom());
        experiment.check();
    }

    @Test
    void namesLeadNowhereElse() throws IOException {
        Experiment experiment = read("""
                {"name": "../../up", "base": "base.json", "axes": {"a": {"../x/..": {}}}}""");
        assertEquals(Path.of("runs", "up"), experiment.folder());
        assertEquals(Path.of("runs", "x-..", "seed-1"), experiment.runs().getFirst().folder());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {}                                                                       | has no 'base'
            {"base": "base.json", "axis": {}}                                        | axis
            {"base": "nowhere.json"}                                                 | nowhere.json
            {"base": "base.json", "set": {"validation": "null"}}                     | has no 'validation'
            {"base": "base.json", "seeds": []}                                       | seeds
            {"base": "base.json", "seeds": [1, 1]}                                   | different whole numbers
            {"base": "base.json", "axes": {"rule": {}}}                              | nothing to choose from
            {"base": "base.json", "axes": {"a": {"path": "x", "values": []}}}        | nothing to choose from
            {"base": "base.json", "axes": {"a": {"A b": {}, "A-b": {}}}}             | share the folder
            {"base": "base.json", "axes": {"a": {"s": {"static_of": "later"}}}}      | static_of
            {"base": "base.json", "axes": {"a": {"s": {"a.b.c": 1}}}}                | 's': --set a.b.c=1
            {"base": "base.json", "select": "best"}                                  | select
            {"base": "base.json", "baseline": "x"}                                   | baseline
            {"base": "base.json", "axes": {"a": {"path": "seed", "values": [1, 2]}}} | sets 'seed'
            {"base": "base.json", "axes": {"a": {"b": {"validation.count": 5}}}}     | sets 'validation'""")
    void mistakesAreNamed(String text, String why) {
        String said = assertThrows(UserException.class, () -> read(text)).getMessage();
        assertTrue(said.contains(why), said);
    }

    @Test
    void aVariantThatCannotBeTrainedIsRefusedBeforeAnythingRuns() throws IOException {
        Experiment experiment = read("""
                {"base": "base.json", "axes": {"alpha": {"path": "balance.alpha", "values": [1, -1]}}}""");
        String said = assertThrows(UserException.class, experiment::check).getMessage();
        assertTrue(said.startsWith("'alpha -1': ") && said.contains("balance.alpha"), said);
    }
}
