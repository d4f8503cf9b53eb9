package io.gimbal.picture;

/**
 * A rectangle of a picture, in pixels from its upper left corner: pixel i reaches from i to i + 1.
 *
 * @param top    above the first row, 0 or more
 * @param left   before the first column, 0 or more
 * @param height above 0
 * @param width  above 0
 */
public record Window(double top, double left, double height, double width) {
    /** Of a picture all of it. */
    public static Window whole(int height, int width) {
        return new Window(0, 0, height, width);
    }

    /** Refuses a window that reaches out of a picture. */
    void requireInside(int rows, int columns) {
        boolean inside = top >= 0 && left >= 0 && height > 0 && width > 0 && top + height <= rows
                && left + width <= columns;
        if (!inside) {
            throw new IllegalArgumentException(this + " does not lie inside of " + rows + " rows of " + columns
                    + " pixels");
        }
    }
}
