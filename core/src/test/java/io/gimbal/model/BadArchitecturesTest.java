package io.gimbal.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Named architectures that cannot be, each refused in a sentence that says what may. */
class BadArchitecturesTest {
    private static final String TASKS = """
            {"depth": {"loss": "l1"}, "segmentation": {"loss": "cross_entropy", "classes": 5},
             "normals": {"loss": "cosine"}}
            """;

    private static String refusal(String model, String tasks) {
        return assertThrows(UserException.class, () -> NetworkReader.read(Config.parse(model, "survey.json"),
                Optional.of(Config.parse(tasks, "survey.json")))).getMessage();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "architecture": "mtam" | architecture is the text "mtam", which is not known. Did you mean 'mtan'?
            "architecture": ["mtan"] | architecture is a list of 1; it may be one name, or a list of two
            "architecture": ["mti_net", "mtan"] | architecture[0] is the text "mti_net"
            "architecture": ["mtan", "astmt"] | architecture[1] is the text "astmt"
            "architecture": "single_task" | architecture is "single_task", which takes one task; there are 3
            "architecture": "jtrl" | jtrl takes two tasks, in the order in which they take turns; there are 3
            "architecture": "mtan", "backbone": "vgg16" | mtan wants a ResNet
            "architecture": ["mtan", "mti_net"], "backbone": "hrnet18" | mtan wants a ResNet
            "architecture": "baseline", "backbone": "resnet52" | Did you mean 'resnet50'?
            "architecture": "baseline", "auxiliary": ["depth"] | auxiliary is an unknown key
            "architecture": "mtan", "own": 0.5 | own is an unknown key
            "architecture": "pad_net", "head": "deeplab" | head is an unknown key
            "architecture": "mti_net", "dilated": true | dilated is an unknown key
            "architecture": "mti_net", "softmax": "channels" | softmax is the text "channels"
            "architecture": "mti_net", "auxiliary": ["edges"] | auxiliary names 'edges', and there is no such task
            "architecture": "pad_net", "auxiliary": ["depth", "segmentation", "normals"] | there is no task,
            "architecture": "baseline", "backbone": "vgg16", "dilated": true | only a ResNet's stages can be dilated
            "architecture": "baseline", "width": 0 | width is the number 0, but must be a number above 0
            "architecture": "baseline", "trunk": [] | has both 'architecture' and 'trunk'
            "architecture": "baseline", "blocks": {} | has both 'architecture' and 'blocks'
            "architecture": "pap_net", "beta": 1.5 | beta is the number 1.5, but must be
            "architecture": "pap_net", "iterations": 0 | iterations is
            "architecture": "pap_net", "iterations": 2000000000 | iterations is the number 2000000000, but must be
            "architecture": "mtan", "width": 1e9 | width is 1.0E9, which makes 64 channels 64000000000; at most 65536
            "architecture": "mtan", "width": 1000 | elements; at most 2147483647
            "architecture": "astmt", "backbone": "resnet18" | backbone is the text "resnet18"
            "architecture": "astmt", "decoder": 0 | decoder is
            "architecture": "baseline", "representation": "trunk" | representation is the text "trunk"
            """)
    void whatDoesNotGoTogetherIsRefusedByName(String keys, String part) {
        String message = refusal("{\"input\": [3, 64, 64], " + keys + "}", TASKS);
        assertTrue(message.contains(part), () -> message + " does not say: " + part);
        assertTrue(message.startsWith("survey.json"), message);
    }

    @Test
    void imagesThatTurnsCannotDoubleAreRefused() {
        String message = refusal("{\"architecture\": \"jtrl\", \"backbone\": \"resnet18\", \"input\": [3, 48, 64]}",
                "{\"depth\": {\"loss\": \"l1\"}, \"normals\": {\"loss\": \"cosine\"}}");
        assertTrue(message.contains("multiples of 32"), message);
    }

    @Test
    void plainFeaturesHaveNoArchitecture() {
        String message = refusal("{\"architecture\": \"mtan\", \"input\": [12]}", TASKS);
        assertTrue(message.contains("input has 1 sizes; a named architecture reads [channels, height, width]"),
                message);
    }

    @Test
    void crossEntropyMustSayItsClasses() {
        String message = refusal("{\"architecture\": \"mtan\", \"input\": [3, 64, 64]}",
                "{\"parts\": {\"loss\": \"cross_entropy\"}}");
        assertTrue(message.contains("has no 'classes'; a named architecture makes a head of as many channels"),
                message);
    }

    @Test
    void aTasksNameMustDoForBlocks() {
        String message = refusal("{\"architecture\": \"mtan\", \"input\": [3, 64, 64]}",
                "{\"my depth\": {\"loss\": \"l1\"}}");
        assertTrue(message.contains("'my depth', and begins the names of blocks"), message);
    }

    @Test
    void withoutTasksThereIsNothingToMakeHeadsFor() {
        assertEquals("survey.json: architecture needs the configuration's 'tasks', for which it makes heads",
                assertThrows(UserException.class, () -> NetworkReader.read(Config.parse(
                        "{\"architecture\": \"mtan\", \"input\": [3, 64, 64]}", "survey.json"))).getMessage());
    }

    @Test
    void aProgramIsToldTheSame() {
        PredictedTasks three = PredictedTasks.of("a", 1).and("b", 1).and("c", 1);
        Backbone small = new Backbone(Backbone.Kind.RESNET18, false);
        assertTrue(assertThrows(UserException.class, () -> new Composed(new HardSharing(), small, new Jtrl(), 0.1)
                .network(3, 64, 64, three)).getMessage().contains("jtrl takes two tasks"));
        assertTrue(assertThrows(UserException.class, () -> new Composed(new HardSharing(), small, new Heads(
                Heads.Kind.FCN), 0.1).network(3, 64, 64, three.auxiliary("d", 1))).getMessage()
                .contains("there are auxiliary tasks (d)"));
        assertTrue(assertThrows(UserException.class, () -> new Composed(new HardSharing(), small, new PadNet(), 0))
                .getMessage().contains("width"));
        assertTrue(assertThrows(UserException.class, () -> three.and("a", 2)).getMessage()
                .contains("two tasks are named 'a'"));
        PredictedTasks many = three;
        for (int task = 3; task < 32; task++) {
            many = many.and("t" + task, 1);
        }
        PredictedTasks most = many;
        assertEquals("there are 33 tasks; a network has at most 32",
                assertThrows(UserException.class, () -> most.auxiliary("another", 1)).getMessage());
        assertTrue(assertThrows(UserException.class, () -> PredictedTasks.of("a", 0)).getMessage()
                .contains("channels of task 'a'"));
    }
}
