package io.gimbal.engine;

import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import java.util.List;
import java.util.Objects;

/** Where a convolution's filters start, if not as PyTorch's do. Its bias starts at 0 then. Immutable. */
public sealed interface Initial {
    /** At 0: what is left is added later on, by and by. */
    record Zero() implements Initial {}

    /**
     * For numbers a_1 ... a_n at blocks a_j I side by side in the inputs, in the middle of the kernel.
     *
     * @param numbers at least one, each finite
     */
    record Blocks(List<Double> numbers) implements Initial {
        /** Refuses an empty list, and numbers that are not finite. */
        public Blocks {
            Objects.requireNonNull(numbers, "numbers is null");
            if (numbers.isEmpty()) {
                throw new UserException("initial is empty; it has a number for each block of channels");
            }
            numbers.forEach(number -> Range.FINITE.check("initial", number));
            numbers = List.copyOf(numbers);
        }
    }

    /**
     * Normally distributed with mean 0.
     *
     * @param deviation the standard deviation, above 0
     */
    record Normal(double deviation) implements Initial {
        /** Refuses a deviation that cannot be. */
        public Normal {
            Range.POSITIVE.check("normal", deviation);
        }
    }
}
