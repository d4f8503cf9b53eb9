package io.gimbal.data;

/** What happens to the values of a field's pixels as an image is varied. */
@FunctionalInterface
interface Turning {
    /** Changes a row's values where they stand. */
    void turn(float[] row);

    /** What a variation does to a field. */
    static Turning of(Field field, Placement placement, Variation variation) {
        float ignore = field.ignore();
        if (field.isDepth() && variation.scale() != 1) {
            float scale = (float) variation.scale();
            return row -> {
                for (int i = 0; i < row.length; i++) {
                    row[i] = row[i] == ignore ? ignore : row[i] / scale;
                }
            };
        }
        if (field.isVectors() && variation.flip() && variation.radians() == 0) {
            return ignore == 0 ? Turning::mirrored : row -> mirrored(row, ignore);
        }
        boolean turned = variation.flip() || variation.radians() != 0;
        if (field.isVectors() && turned) {
            return row -> directions(row, 3, ignore, placement, variation.flip(), 1, 1);
        }
        if (field.kind() == Field.Kind.FLOW && (turned || !placement.straight())) {
            return row -> directions(row, 2, ignore, placement, variation.flip(), placement.grownAcross(),
                    placement.grownDown());
        }
        return row -> { };
    }

    /** What {@link #directions} does where nothing is turned, four times as fast: half of all samples come here. */
    private static void mirrored(float[] row, float ignore) {
        for (int at = 0; at < row.length; at += 3) {
            float right = row[at];
            boolean unlabelled = right == ignore && row[at + 1] == ignore && row[at + 2] == ignore;
            row[at] = unlabelled ? right : 0 - right;
        }
    }

    /** The same where 0, 0, 0 is none: mirrored, it is itself, so that no pixel needs a branch. */
    private static void mirrored(float[] row) {
        for (int x = 0; x < row.length / 3; x++) {
            row[3 * x] = 0 - row[3 * x];
        }
    }

    private static void directions(float[] row, int channels, float ignore, Placement placement, boolean flip,
            double grownAcross, double grownDown) {
        for (int at = 0; at < row.length; at += channels) {
            if (unlabelled(row, at, channels, ignore)) {
                continue;
            }
            double right = row[at] * grownAcross;
            double down = row[at + 1] * grownDown;
            double turned = right * placement.cosine() - down * placement.sine();
            row[at] = (float) (flip ? 0 - turned : turned);
            row[at + 1] = (float) (right * placement.sine() + down * placement.cosine());
        }
    }

    private static boolean unlabelled(float[] row, int at, int channels, float ignore) {
        for (int c = 0; c < channels; c++) {
            if (row[at + c] != ignore) {
                return false;
            }
        }
        return true;
    }
}
