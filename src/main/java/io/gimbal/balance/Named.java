package io.gimbal.balance;

/** A choice that configurations know by a name. */
interface Named {
    /** Its name there. */
    String text();
}
