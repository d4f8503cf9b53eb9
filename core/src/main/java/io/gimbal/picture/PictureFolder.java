package io.gimbal.picture;

import io.gimbal.config.Names;
import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A folder of pictures, found by their names without suffix. Not thread-safe. */
public final class PictureFolder {
    private final Path folder;
    private final List<String> suffixes;
    /** For each subfolder that was asked for, its files of those suffixes by the names that stand before them. */
    private final Map<Path, Map<String, List<String>>> listings = new HashMap<>();

    /** @param suffixes which files are pictures, in small letters; the first is the usual one */
    public PictureFolder(Path folder, List<String> suffixes) {
        this.folder = folder;
        this.suffixes = List.copyOf(suffixes);
    }

    /**
     * The file of a name.
     *
     * @param name   subfolders included, with '/'
     * @param listed all names that were listed, so that none of them is taken for what was meant
     * @param place  where the name stands, for messages
     * @throws UserException if there is none, more than one, or no regular file
     */
    public Path find(String name, Set<String> listed, String place) {
        int cut = name.lastIndexOf('/') + 1;
        Path parent = folder.resolve(name.substring(0, cut));
        String last = name.substring(cut);
        Map<String, List<String>> listing = listings.computeIfAbsent(parent, this::list);
        String says = says(name, place);
        return lookUp(name, place).orElseThrow(() -> new UserException(parent.resolve(last + suffixes.getFirst())
                + ": this file is missing" + others() + says + hint(name.substring(0, cut), last, listing, listed)
                + " Restore it, or take its name out of the list."));
    }

    private static String says(String name, String place) {
        return "; " + place + ", lists " + Names.quote(name) + ".";
    }

    /** The file of a name, as {@link #find} has it; nothing where there is none. */
    public Optional<Path> lookUp(String name, String place) {
        int cut = name.lastIndexOf('/') + 1;
        Path parent = folder.resolve(name.substring(0, cut));
        List<String> files = listings.computeIfAbsent(parent, this::list).getOrDefault(name.substring(cut), List.of());
        if (files.isEmpty()) {
            return Optional.empty();
        }
        String says = says(name, place);
        if (files.size() > 1) {
            throw new UserException(parent + ": which of " + String.join(" and ", files) + " is meant is not known"
                    + says + " Remove or rename one of them.");
        }
        Path file = parent.resolve(files.getFirst());
        if (!Files.isRegularFile(file)) {
            throw new UserException(file + ": is no regular file, where a picture is needed" + says);
        }
        return Optional.of(file);
    }

    private String others() {
        return suffixes.size() == 1 ? "" : " (" + String.join(" and ", suffixes.subList(1, suffixes.size()))
                + " are looked for, too)";
    }

    private String hint(String subfolder, String last, Map<String, List<String>> listing, Set<String> listed) {
        int dot = last.lastIndexOf('.');
        if (dot > 0 && listing.containsKey(last.substring(0, dot))) {
            return " A name stands there without its suffix: " + Names.quote(subfolder + last.substring(0, dot)) + ".";
        }
        for (Normalizer.Form form : List.of(Normalizer.Form.NFC, Normalizer.Form.NFD)) {
            String other = Normalizer.normalize(last, form);
            if (!other.equals(last) && listing.containsKey(other)) {
                return " There is a file whose name looks the same, with its accents in the other of Unicode's forms ("
                        + form + "): write the name as the file has it.";
            }
        }
        if (last.indexOf('\\') >= 0) {
            return " Between subfolders stands '/'.";
        }
        return Names.hint(last, listing.keySet().stream().filter(stem -> !listed.contains(subfolder + stem)).toList());
    }

    private Map<String, List<String>> list(Path parent) {
        Map<String, List<String>> byName = new HashMap<>();
        try (Stream<Path> files = Files.list(parent)) {
            files.map(file -> file.getFileName().toString()).sorted().forEach(file -> {
                int dot = file.lastIndexOf('.');
                if (dot >= 0 && suffixes.contains(file.substring(dot).toLowerCase(Locale.ROOT))) {
                    byName.computeIfAbsent(file.substring(0, dot), name -> new ArrayList<>()).add(file);
                }
            });
        } catch (NoSuchFileException | NotDirectoryException missing) {
            return Map.of();
        } catch (IOException exception) {
            throw FileFailures.of(parent, "this folder cannot be read", exception);
        }
        return byName;
    }
}
