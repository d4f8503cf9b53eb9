package io.gimbal.data;

/**
 * Where each pixel of a finished image comes from in the kept one. A kept pixel's middle has its number as coordinate.
 */
final class Placement {
    private static final double AS_IT_IS = 1e-9;

    private final Intake.Kept kept;
    private final int height;
    private final int width;
    private final Variation variation;
    /** Kept pixels that one of the finished image's spans. */
    private final double stepDown;
    private final double stepAcross;
    private final double cosine;
    private final double sine;
    /** The middle of what is shown, in the kept image. */
    private final double middleDown;
    private final double middleAcross;

    Placement(Intake.Kept kept, Variation variation, int height, int width) {
        this.kept = kept;
        this.height = height;
        this.width = width;
        this.variation = variation;
        stepDown = kept.height() / (kept.fitHeight() * variation.scale());
        stepAcross = kept.width() / (kept.fitWidth() * variation.scale());
        cosine = Math.cos(variation.radians());
        sine = Math.sin(variation.radians());
        double shownDown = height * stepDown;
        double shownAcross = width * stepAcross;
        middleDown = (kept.height() - shownDown) * variation.down() + shownDown / 2 - 0.5;
        middleAcross = (kept.width() - shownAcross) * variation.across() + shownAcross / 2 - 0.5;
    }

    /** Whether pixels are kept pixels, moved by whole ones and mirrored at most. */
    boolean straight() {
        return variation.radians() == 0 && Math.abs(stepDown - 1) < AS_IT_IS && Math.abs(stepAcross - 1) < AS_IT_IS;
    }

    /** Where straight: the kept row of the first one. */
    int top() {
        return (int) Math.floor((kept.height() - height) * variation.down());
    }

    /** Where straight: the kept column of the first one, before mirroring. */
    int left() {
        return (int) Math.floor((kept.width() - width) * variation.across());
    }

    /** How many places a pixel of the finished image is the mean of, down and across. */
    int samples() {
        return (int) Math.max(1, Math.ceil(Math.max(stepDown, stepAcross) - 0.5));
    }

    /**
     * The coordinates of a row's pixels in the kept image.
     *
     * @param y the row, from 0; with a fraction for places between
     * @param x by how much pixels are moved to the right
     */
    void row(double y, double x, double[] down, double[] across) {
        double v = y + 0.5 - height / 2.0;
        for (int i = 0; i < width; i++) {
            double u = (variation.flip() ? width - 1 - i - x : i + x) + 0.5 - width / 2.0;
            across[i] = middleAcross + (u * cosine + v * sine) * stepAcross;
            down[i] = middleDown + (v * cosine - u * sine) * stepDown;
        }
    }

    /** Where a kept place is shown: its column. */
    double shownAcross(double keptAcross, double keptDown) {
        double x = straight() ? keptAcross - left() : turned(keptAcross, keptDown, cosine, -sine) + width / 2.0 - 0.5;
        return variation.flip() ? width - 1 - x : x;
    }

    /** Where a kept place is shown: its row. */
    double shownDown(double keptAcross, double keptDown) {
        return straight() ? keptDown - top() : turned(keptAcross, keptDown, sine, cosine) + height / 2.0 - 0.5;
    }

    private double turned(double keptAcross, double keptDown, double ofAcross, double ofDown) {
        return (keptAcross - middleAcross) / stepAcross * ofAcross + (keptDown - middleDown) / stepDown * ofDown;
    }

    Intake.Kept kept() {
        return kept;
    }

    /** How many finished pixels a kept one spans. */
    double grownAcross() {
        return 1 / stepAcross;
    }

    /** Likewise, from row to row. */
    double grownDown() {
        return 1 / stepDown;
    }

    double cosine() {
        return cosine;
    }

    double sine() {
        return sine;
    }

    /** The number of the kept pixel nearest to a place; -1 outside of the image. */
    int nearest(double down, double across) {
        int y = (int) Math.floor(down + 0.5);
        int x = (int) Math.floor(across + 0.5);
        return y < 0 || x < 0 || y >= kept.height() || x >= kept.width() ? -1 : y * kept.width() + x;
    }
}
