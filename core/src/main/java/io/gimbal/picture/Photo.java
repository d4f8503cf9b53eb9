package io.gimbal.picture;

/** Stored numbers as red, green and blue of 8 bits. */
final class Photo {
    private final PictureFile file;
    private final int most;

    Photo(PictureFile file) {
        this.file = file;
        this.most = (1 << Math.min(file.bits, 16)) - 1;
    }

    byte[] colours(Samples samples) {
        requireColours();
        if (file.bits == 8 && file.palette == null && !file.alpha && file.clear == null) {
            byte[] stored = samples.bytes();
            return samples.channels() == 3 ? stored : grey(stored);
        }
        byte[] colours = new byte[3 * samples.height() * samples.width()];
        int[] pixel = new int[samples.channels()];
        int to = 0;
        for (int row = 0; row < samples.height(); row++) {
            for (int column = 0; column < samples.width(); column++) {
                for (int channel = 0; channel < pixel.length; channel++) {
                    pixel[channel] = samples.unsigned(row, column, channel);
                }
                if (transparent(pixel)) {
                    throw file.refused("the pixel in row " + row + ", column " + column + " is transparent, so that "
                            + "its colour is that of what lies behind. Put the picture on a plain ground, such as with "
                            + "magick mogrify -background black -alpha remove -alpha off FILE.");
                }
                write(pixel, colours, to);
                to += 3;
            }
        }
        return colours;
    }

    private void requireColours() {
        boolean counted = file.type == SampleType.UNSIGNED_8 || file.type == SampleType.UNSIGNED_16;
        int plain = file.channels - (file.alpha ? 1 : 0);
        if (!counted || plain != 1 && plain != 3) {
            throw file.refused(file.channels + (file.channels == 1 ? " channel" : " channels") + " of " + file.type
                    + ", where a photo is read: one has 1 channel (grey) or 3 (red, green, blue) of 8 or 16 unsigned "
                    + "bits (uint8, uint16). Save it so, or declare it as values instead of a photo.");
        }
    }

    private static byte[] grey(byte[] stored) {
        byte[] colours = new byte[3 * stored.length];
        for (int i = 0; i < stored.length; i++) {
            colours[3 * i] = stored[i];
            colours[3 * i + 1] = stored[i];
            colours[3 * i + 2] = stored[i];
        }
        return colours;
    }

    /** Whether a pixel is transparent, be it partly; also refuses a number beyond the palette. */
    private boolean transparent(int[] pixel) {
        if (file.alpha) {
            return pixel[pixel.length - 1] != most;
        }
        if (file.palette != null) {
            file.requireInPalette(pixel[0]);
            return pixel[0] < file.paletteAlpha.length && file.paletteAlpha[pixel[0]] != (byte) 255;
        }
        return file.clear != null && java.util.Arrays.equals(pixel, file.clear);
    }

    private void write(int[] pixel, byte[] colours, int to) {
        boolean coloured = pixel.length >= 3;
        for (int c = 0; c < 3; c++) {
            colours[to + c] = file.palette != null ? file.palette[3 * pixel[0] + c]
                    : ofEightBits(pixel[coloured ? c : 0]);
        }
    }

    private byte ofEightBits(int value) {
        return (byte) (file.bits == 8 ? value : (value * 255 + most / 2) / most);
    }
}
