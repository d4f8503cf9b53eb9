package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.UserException;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.nn.Layers;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class HostBufferTest {
    private static final List<Criterion> CRITERIA = List.of(Loss.crossEntropy(13).ignore(255), Loss.cosine().ignore(0));

    private static NetworkGraph graph(int batch) {
        return Network.ofImages(3, 511, 509).trunk(Layers.conv2d(4, 3).padding(1))
                .head("classes", Layers.conv2d(13, 1)).head("directions", Layers.conv2d(3, 1)).graph(batch);
    }

    @Test
    void aBatchThatFillsABufferFitsAndOneByteMoreDoesNot() {
        assertDoesNotThrow(() -> HostBuffer.requireRoom("words", Integer.MAX_VALUE, examples -> examples));
        String message = assertThrows(UserException.class, () -> HostBuffer.requireRoom("words", Integer.MAX_VALUE,
                examples -> examples + 1)).getMessage();
        assertEquals("A batch of 2147483647 examples (data.batch) takes 2147483648 bytes for words, and at most "
                + "2147483647 lie in a buffer: take at most 2147483646 examples.", message);
    }

    @Test
    void anExampleThatIsTooLargeByItselfIsSaidToBe() {
        String message = assertThrows(UserException.class, () -> HostBuffer.requireRoom("words", 1,
                examples -> examples << 31)).getMessage();
        assertTrue(message.endsWith("one example alone is too large, so make the input smaller."), message);
    }

    @Test
    void theBatchThatIsAdvisedIsTheLargestThatCanBeTrained() {
        assertAdviceHolds(batch -> new BatchLayout(graph(batch), CRITERIA), "images and labels");
    }

    @Test
    void theBatchThatIsAdvisedIsTheLargestThatCanBePredicted() {
        assertAdviceHolds(batch -> InferenceStep.requireRoom(graph(batch)), "images and predictions");
    }

    private static void assertAdviceHolds(IntConsumer batches, String what) {
        String message = assertThrows(UserException.class, () -> batches.accept(500)).getMessage();
        assertTrue(message.startsWith("A batch of 500 examples (data.batch) takes "), message);
        assertTrue(message.contains(what), message);
        Matcher advice = Pattern.compile("at most (\\d+) examples").matcher(message);
        assertTrue(advice.find(), message);
        int most = Integer.parseInt(advice.group(1));
        assertDoesNotThrow(() -> batches.accept(most));
        assertThrows(UserException.class, () -> batches.accept(most + 1));
    }
}
