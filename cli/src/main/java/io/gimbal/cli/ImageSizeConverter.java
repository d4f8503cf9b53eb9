package io.gimbal.cli;

import io.gimbal.measure.ImageSize;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads an option that is the size of a tensor of images. */
final class ImageSizeConverter implements ITypeConverter<ImageSize> {
    @Override
    public ImageSize convert(String text) {
        try {
            return ImageSize.of(text);
        } catch (IllegalArgumentException unusable) {
            throw new TypeConversionException(unusable.getMessage());
        }
    }
}
