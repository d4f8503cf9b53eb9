package io.gimbal.measure;

import io.gimbal.picture.NumberArray;
import java.nio.ByteBuffer;

/** Numbers of an array, by their place. */
interface OutputNumbers {
    /** A number, of whole ones beyond 2^53 the nearest that a double can be. */
    double value(long index);

    /** The bits of a number: of whole numbers of one type different where the numbers are. */
    long bits(long index);

    static OutputNumbers of(NumberArray array) {
        ByteBuffer numbers = array.numbers();
        return new OutputNumbers() {
            @Override
            public double value(long index) {
                return array.type().number(numbers, (int) index);
            }

            @Override
            public long bits(long index) {
                return array.type().bits(numbers, (int) index);
            }
        };
    }
}
