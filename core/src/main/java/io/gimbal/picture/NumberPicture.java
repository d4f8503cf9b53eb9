package io.gimbal.picture;

import java.nio.file.Path;

/** Numbers of one byte a pixel that stand in a file in another form than as a picture. */
final class NumberPicture extends PictureFile {
    private final byte[] numbers;

    NumberPicture(Path path, byte[] numbers, int height, int width) {
        super(path);
        this.numbers = numbers;
        this.height = height;
        this.width = width;
        channels = 1;
    }

    @Override
    Samples unpack() {
        return Samples.ofBytes(numbers, height, width, 1);
    }
}
