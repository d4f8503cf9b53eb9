package io.gimbal.picture;

import io.gimbal.config.FileFailures;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** An archive of arrays in NumPy's form (npz): a ZIP file of npy files. */
final class ArrayArchive {
    private static final String SUFFIX = ".npy";
    private static final int MOST_NAMED = 10;

    private ArrayArchive() { }

    static boolean is(byte[] bytes) {
        return bytes.length >= 4 && bytes[0] == 'P' && bytes[1] == 'K' && (bytes[2] == 3 || bytes[2] == 5);
    }

    /** The array of that name, or the only one. */
    static ArrayFile open(Path path, ArrayChoice choice) {
        try (ZipFile archive = new ZipFile(path.toFile())) {
            List<String> names = archive.stream().map(ZipEntry::getName).filter(name -> name.endsWith(SUFFIX))
                    .map(name -> name.substring(0, name.length() - SUFFIX.length())).toList();
            String name = choose(path, names, choice.name());
            return read(path, archive, name, choice);
        } catch (ZipException exception) {
            throw damaged(path, exception);
        } catch (IOException exception) {
            throw FileFailures.reading(path, exception);
        } catch (IllegalArgumentException exception) {
            throw damaged(path, exception);
        }
    }

    private static UserException damaged(Path path, Exception cause) {
        return new UserException(path + ": a damaged or cut-off file (no whole ZIP archive). Copy it anew from the "
                + "source of the data; where the source's is the same, save it again with numpy.savez.", cause);
    }

    private static String choose(Path path, List<String> names, String wanted) {
        if (wanted == null && names.size() == 1) {
            return names.getFirst();
        }
        if (wanted != null && names.contains(wanted)) {
            return wanted;
        }
        String there = names.isEmpty() ? "no array" : String.join(", ", names.stream().limit(MOST_NAMED)
                .map(Names::quote).toList()) + (names.size() > MOST_NAMED ? ", ..." : "");
        throw new UserException(path + ": this archive holds " + there + (wanted == null
                ? ", and which one is meant is not known. Name it with 'array'."
                : ", and not " + Names.quote(wanted) + "." + Names.hint(wanted, names)));
    }

    private static ArrayFile read(Path path, ZipFile archive, String name, ArrayChoice choice) throws IOException {
        String inside = "array " + Names.quote(name);
        ZipEntry entry = archive.getEntry(name + SUFFIX);
        try (InputStream in = archive.getInputStream(entry)) {
            byte[] bytes = in.readNBytes((int) PictureFile.LARGEST_FILE + 1);
            if (bytes.length > PictureFile.LARGEST_FILE) {
                throw new UserException(path + ": " + inside + " unpacks to more than " + PictureFile.LARGEST_FILE
                        + " bytes, the most that are read.");
            }
            if (!ArrayFile.is(bytes)) {
                throw new UserException(path + ": " + inside + " is no npy file by its first bytes. Save it again with "
                        + "numpy.savez.");
            }
            return new ArrayFile(path, inside, bytes, choice);
        }
    }
}
