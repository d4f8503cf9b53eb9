package io.gimbal.predict;

import io.gimbal.config.FileFailures;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.picture.PictureFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Photos to be predicted, and what their results are called. */
public final class PhotoList {
    private PhotoList() {}

    /**
     * A photo.
     *
     * @param file where it lies
     * @param name of its results: without suffix, with the subfolders of the folder that was given, between '/'
     */
    public record Entry(Path file, String name) {}

    /**
     * The photos of files and folders. Of a folder all that have a picture's suffix, in its subfolders, too, by their
     * names' order; hidden files and folders are left out.
     *
     * @param given files and folders
     * @param out   where results will be written, which is not looked into
     * @return the photos, in the order in which they were given
     * @throws UserException if one is missing, a folder holds none or the results, or two have one name
     */
    public static List<Entry> of(List<Path> given, Path out) {
        List<Entry> entries = new ArrayList<>();
        for (Path path : given) {
            if (Files.isDirectory(path)) {
                entries.addAll(folder(path, out));
            } else {
                FileFailures.requireOrdinary(path, "a photo");
                if (!Files.exists(path)) {
                    throw new UserException(path + ": there is no such file or folder.");
                }
                entries.add(new Entry(path, stem(path.getFileName().toString())));
            }
        }
        Map<String, Path> seen = new HashMap<>();
        for (Entry entry : entries) {
            Path other = seen.putIfAbsent(entry.name(), entry.file());
            if (other != null) {
                throw new UserException(other + " and " + entry.file() + ": the results of both would be called "
                        + Names.quote(entry.name()) + "; rename one of them, or predict them into different folders.");
            }
        }
        return entries;
    }

    private static List<Entry> folder(Path folder, Path out) {
        if (real(out).startsWith(real(folder))) {
            throw new UserException(out + " lies in " + folder + ", so that the next prediction would take these "
                    + "results for photos; name another folder with --out.");
        }
        // Walked by its real path, since a link to a folder would be walked as a file.
        Path walked = real(folder);
        try (Stream<Path> files = Files.walk(walked)) {
            List<Entry> entries = files.filter(Files::isRegularFile).map(walked::relativize).filter(PhotoList::isPhoto)
                    .map(file -> new Entry(folder.resolve(file), stem(file.toString().replace('\\', '/'))))
                    .sorted(Comparator.comparing(Entry::name).thenComparing(Entry::file)).toList();
            if (entries.isEmpty()) {
                throw new UserException(folder + ": no file in this folder or below has a picture's suffix: "
                        + String.join(", ", PictureFile.SUFFIXES) + ".");
            }
            return entries;
        } catch (IOException e) {
            throw FileFailures.reading(folder, e);
        } catch (UncheckedIOException e) {
            throw FileFailures.reading(folder, e.getCause());
        }
    }

    /** The path without links, as far as it exists. */
    static Path real(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        try {
            return absolute.toRealPath();
        } catch (IOException notThere) {
            Path parent = absolute.getParent();
            return parent == null ? absolute : real(parent).resolve(absolute.getFileName());
        }
    }

    private static boolean isPhoto(Path below) {
        for (Path part : below) {
            if (part.toString().startsWith(".")) {
                return false;
            }
        }
        String name = below.toString().toLowerCase(Locale.ROOT);
        return PictureFile.SUFFIXES.stream().anyMatch(name::endsWith);
    }

    private static String stem(String name) {
        int dot = name.lastIndexOf('.');
        return dot > name.lastIndexOf('/') + 1 ? name.substring(0, dot) : name;
    }
}
