package io.gimbal.picture;

import io.gimbal.config.UserException;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** The JDK's decoder of JPEG, given the pixels alone, without what a file tells of them besides. */
final class JdkJpeg {
    /**
     * What libjpeg says of files whose pixels are all there. Bytes too many before a restart marker are none of these:
     * there, the decoder lost its place.
     */
    private static final Pattern HARMLESS = Pattern.compile(
            "Corrupt JPEG data: \\d+ extraneous bytes before marker 0x(?!d[0-7]).*"
                    + "|Invalid SOS parameters for sequential JPEG|Unknown Adobe color transform code.*"
                    + "|Warning: unknown JFIF revision number.*");

    private JdkJpeg() { }

    /**
     * The stored channels of each pixel.
     *
     * @param damaged makes what is thrown, of a reason and a cause, where not all pixels are there
     */
    static byte[] stored(byte[] pixels, int count, BiFunction<String, Exception, UserException> damaged) {
        List<String> warnings = new ArrayList<>();
        ImageReader reader = reader();
        try (ImageInputStream stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(pixels))) {
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            reader.setInput(stream, true, true);
            Raster raster = reader.readRaster(0, null);
            for (String warning : warnings) {
                if (!HARMLESS.matcher(warning).matches()) {
                    throw damaged.apply(warning, null);
                }
            }
            return (byte[]) raster.getDataElements(0, 0, raster.getWidth(), raster.getHeight(), new byte[count]);
        } catch (UserException exception) {
            throw exception;
        } catch (IOException | RuntimeException exception) {
            if (exception.getCause() instanceof Error error) {
                throw error;
            }
            throw damaged.apply(exception.getMessage(), exception);
        } finally {
            reader.dispose();
        }
    }

    /** The JDK's own, whatever else an application has for ImageIO. */
    private static ImageReader reader() {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
        while (readers.hasNext()) {
            ImageReader reader = readers.next();
            if (reader.getClass().getModule() == ImageIO.class.getModule()) {
                return reader;
            }
            reader.dispose();
        }
        throw new IllegalStateException("this Java has no decoder of its own for JPEG");
    }
}
