package io.gimbal.picture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What a camera wrote about a photo, in TIFF's form. */
final class Exif {
    /** As stored, so shown. */
    static final int UPRIGHT = 1;

    private static final int ORIENTATION = 0x0112;
    private static final int SHORT = 3;
    private static final int ENTRY_BYTES = 12;

    private Exif() { }

    /** How viewers show a picture of that orientation, in words; null where as stored. */
    static String shown(int orientation) {
        return switch (orientation) {
            case 2 -> "mirrored left to right";
            case 3 -> "turned by 180 degrees";
            case 4 -> "mirrored top to bottom";
            case 5 -> "mirrored, and turned by 270 degrees clockwise";
            case 6 -> "turned by 90 degrees clockwise";
            case 7 -> "mirrored, and turned by 90 degrees clockwise";
            case 8 -> "turned by 270 degrees clockwise";
            default -> null;
        };
    }

    /** The orientation, 1 to 8; {@link #UPRIGHT} where there is none that could be understood, as viewers have it. */
    static int orientation(ByteBuffer tiff) {
        if (tiff.limit() < 8) {
            return UPRIGHT;
        }
        ByteBuffer in = tiff.slice(0, tiff.limit());
        switch (in.getInt(0)) {
            case 0x49492A00 -> in.order(ByteOrder.LITTLE_ENDIAN);
            case 0x4D4D002A -> in.order(ByteOrder.BIG_ENDIAN);
            default -> {
                return UPRIGHT;
            }
        }
        long directory = in.getInt(4) & 0xFFFFFFFFL;
        if (directory + 2 > in.limit()) {
            return UPRIGHT;
        }
        int entries = in.getShort((int) directory) & 0xFFFF;
        for (int i = 0; i < entries; i++) {
            long at = directory + 2 + (long) i * ENTRY_BYTES;
            if (at + ENTRY_BYTES > in.limit()) {
                return UPRIGHT;
            }
            int entry = (int) at;
            if ((in.getShort(entry) & 0xFFFF) == ORIENTATION && in.getShort(entry + 2) == SHORT
                    && in.getInt(entry + 4) == 1) {
                int orientation = in.getShort(entry + 8) & 0xFFFF;
                return orientation >= 1 && orientation <= 8 ? orientation : UPRIGHT;
            }
        }
        return UPRIGHT;
    }
}
