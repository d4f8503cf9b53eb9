package io.gimbal.survey;

import java.util.Comparator;

/** Of an image, in pixels; smaller ones come first. */
record Size(int width, int height) implements Comparable<Size> {
    private static final Comparator<Size> ORDER = Comparator.comparingLong((Size size) -> (long) size.width()
            * size.height()).thenComparingInt(Size::width);

    @Override
    public int compareTo(Size other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return width + " x " + height;
    }
}
