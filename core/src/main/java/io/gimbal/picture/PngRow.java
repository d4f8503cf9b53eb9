package io.gimbal.picture;

/**
 * Puts back what filters took off a picture's rows, from the top (PNG, third edition, section 9). The row and the one
 * above it are arrays of their own, so that the compiler can tell that loops may be made of vector instructions. For
 * one thread.
 */
final class PngRow {
    private final int pixelBytes;
    private byte[] bytes;
    /** Zeros above the first row. */
    private byte[] above;

    /** @param pixelBytes how far back a filter looks: a pixel, and a byte at least */
    PngRow(int rowBytes, int pixelBytes) {
        this.pixelBytes = pixelBytes;
        bytes = new byte[rowBytes];
        above = new byte[rowBytes];
    }

    /** The row as last restored; good until the next one is. */
    byte[] bytes() {
        return bytes;
    }

    /**
     * Restores the row below the last one.
     *
     * @param from where its bytes begin, behind the filter's number
     * @return whether there is a filter of that number
     */
    boolean restore(int filter, byte[] filtered, int from) {
        byte[] last = bytes;
        bytes = above;
        above = last;
        System.arraycopy(filtered, from, bytes, 0, bytes.length);
        switch (filter) {
            case 0 -> { }
            case 1 -> addLeft();
            case 2 -> add(bytes, above, bytes.length);
            case 3 -> addMean();
            case 4 -> addNearest();
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void add(byte[] bytes, byte[] above, int count) {
        for (int i = 0; i < count; i++) {
            bytes[i] += above[i];
        }
    }

    private void addLeft() {
        for (int i = pixelBytes; i < bytes.length; i++) {
            bytes[i] += bytes[i - pixelBytes];
        }
    }

    private void addMean() {
        int second = Math.min(pixelBytes, bytes.length);
        for (int i = 0; i < second; i++) {
            bytes[i] += (byte) ((above[i] & 255) >> 1);
        }
        for (int i = second; i < bytes.length; i++) {
            bytes[i] += (byte) ((bytes[i - pixelBytes] & 255) + (above[i] & 255) >> 1);
        }
    }

    /** Paeth's filter. */
    private void addNearest() {
        int second = Math.min(pixelBytes, bytes.length);
        add(bytes, above, second);
        if (pixelBytes == 1) {
            addNearest(bytes, above);
            return;
        }
        for (int i = second; i < bytes.length; i++) {
            bytes[i] += (byte) nearest(bytes[i - pixelBytes] & 255, above[i] & 255, above[i - pixelBytes] & 255);
        }
    }

    /**
     * Of pixels of a byte: each waits for the one on its left, which is not sent through memory. Where above and the
     * corner are alike, left is the nearest, and in labels and depth they mostly are: no pixel waits for the choice.
     */
    private static void addNearest(byte[] bytes, byte[] above) {
        int left = bytes[0] & 255;
        int corner = above[0] & 255;
        for (int i = 1; i < bytes.length; i++) {
            int up = above[i] & 255;
            int predicted = up == corner ? left : nearest(left, up, corner);
            left = bytes[i] + predicted & 255;
            bytes[i] = (byte) left;
            corner = up;
        }
    }

    /**
     * Of left, above and the corner between, that which is nearest to left + above - corner; of two as near the former.
     * The nearest is the lower of left and above where the corner stands so high that three times it less both is no
     * less than the higher, the higher one where that is no more than the lower, and else the corner: fewer steps that
     * wait for left than three distances take.
     */
    private static int nearest(int left, int above, int corner) {
        int threshold = 3 * corner - above - left;
        int lower = Math.min(left, above);
        int higher = Math.max(left, above);
        int candidate = higher <= threshold ? lower : corner;
        return threshold <= lower ? higher : candidate;
    }
}
