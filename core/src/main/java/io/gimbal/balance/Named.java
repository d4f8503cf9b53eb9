package io.gimbal.balance;

import java.util.Locale;

/** An enumeration's constant that configurations know by a name. */
interface Named {
    /** {@return what it is called in the enumeration} */
    String name();

    /** {@return its name in configurations} */
    default String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
