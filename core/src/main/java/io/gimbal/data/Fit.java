package io.gimbal.data;

/** How an image of any size meets the size that a network takes. */
public enum Fit {
    /** Rows and columns are each brought to it, whatever that does to proportions. */
    STRETCH,
    /** The whole image is shown, with its proportions; what it leaves free at two sides is unlabelled. */
    INSIDE,
    /** All of it is covered, with the image's proportions; what reaches over at two sides is left out. */
    COVER,
    /** Pixels stay pixels: a part of a larger image is shown, and a smaller one leaves the rest unlabelled. */
    CROP;

    /** Rows of the whole image in the finished one. */
    double height(int fromHeight, int fromWidth, int height, int width) {
        return switch (this) {
            case STRETCH -> height;
            case CROP -> fromHeight;
            default -> fromHeight * factor(fromHeight, fromWidth, height, width);
        };
    }

    /** Columns of the whole image in the finished one. */
    double width(int fromHeight, int fromWidth, int height, int width) {
        return switch (this) {
            case STRETCH -> width;
            case CROP -> fromWidth;
            default -> fromWidth * factor(fromHeight, fromWidth, height, width);
        };
    }

    private double factor(int fromHeight, int fromWidth, int height, int width) {
        double down = (double) height / fromHeight;
        double across = (double) width / fromWidth;
        return this == INSIDE ? Math.min(down, across) : Math.max(down, across);
    }
}
