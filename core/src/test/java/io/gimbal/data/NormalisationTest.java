package io.gimbal.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.gimbal.config.UserException;
import java.util.List;
import org.junit.jupiter.api.Test;

class NormalisationTest {
    @Test
    void theRangeGoesFromMinusTwoToTwo() {
        float[] table = Normalisation.RANGE.table(0);
        assertEquals(-2, table[0]);
        assertEquals(2, table[255]);
        // A power of two divides without rounding, so that dividing by 0.25 is multiplying by 4.
        assertEquals((100 / 255f - 0.5f) * 4, table[100]);
    }

    @Test
    void imageNetIsAsPublished() {
        assertEquals((124 / 255.0 - 0.485) / 0.229, Normalisation.IMAGENET.of(0, 124, 255), 1e-6);
        assertEquals((1 - 0.406) / 0.225, Normalisation.IMAGENET.of(2, 65535, 65535), 1e-6);
    }

    @Test
    void aPictureShowsWhatWasStored() {
        for (int value : new int[] {0, 1, 127, 255}) {
            // Two roundings of float32, of a value of up to 255.
            assertEquals(value, Normalisation.IMAGENET.stored(1, Normalisation.IMAGENET.table(1)[value]), 1e-4);
        }
    }

    @Test
    void oneEntryIsForAllChannelsAndOthersMustFit() {
        assertEquals(List.of(0.5f, 0.5f), Normalisation.RANGE.spread(2).mean());
        assertEquals("a normalisation of 3 channels is given for images of 1.", assertThrows(UserException.class, () ->
                Normalisation.IMAGENET.spread(1)).getMessage());
        assertThrows(UserException.class, () -> new Normalisation(List.of(0f), List.of()));
        assertThrows(UserException.class, () -> new Normalisation(List.of(0f), List.of(0f)));
        assertThrows(UserException.class, () -> new Normalisation(List.of(Float.NaN), List.of(1f)));
    }
}
