package io.gimbal.predict;

import io.gimbal.config.FileFailures;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.Field;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which files the results of photos are written to. Immutable.
 *
 * @param out    the folder
 * @param kinds  what is written
 * @param fields what is predicted
 */
record PredictionFiles(Path out, Set<OutputKind> kinds, List<Field> fields) {
    /** The picture of a field of pixels: class numbers, millimetres, or vectors. */
    Path picture(String photo, Field field) {
        return file(photo, field, ".png");
    }

    /** Its picture in colours, where the other one is none. */
    Path coloured(String photo, Field field) {
        return file(photo, field, ".colour.png");
    }

    Path numbers(String photo, Field field) {
        return file(photo, field, ".npy");
    }

    Path json(String photo) {
        return out.resolve(photo + ".json");
    }

    Path overlay(String photo) {
        return out.resolve(photo + ".overlay.png");
    }

    private Path file(String photo, Field field, String suffix) {
        return out.resolve(photo + "." + field.name().replaceAll("[^\\p{L}\\p{N}_-]", "-") + suffix);
    }

    /** Whether there is a picture of a field that shows its numbers, besides one in colours. */
    static boolean hasPicture(Field field) {
        return !field.wholeImage() && switch (field.kind()) {
            case CLASSES, DEPTH, VECTORS -> true;
            case VALUES, EDGES, FLOW, POINTS, COORDINATES -> false;
        };
    }

    /** Whether there is a picture of a field in colours that stand for numbers. */
    static boolean hasColours(Field field) {
        return !field.wholeImage() && switch (field.kind()) {
            case DEPTH, VALUES, EDGES, FLOW -> true;
            case CLASSES, VECTORS, POINTS, COORDINATES -> false;
        };
    }

    /** The fields whose pictures have a legend. */
    List<Field> named() {
        return fields.stream().filter(field -> field.kind() == Field.Kind.CLASSES && !field.wholeImage()
                || field.kind() == Field.Kind.POINTS || field.kind() == Field.Kind.COORDINATES).toList();
    }

    private List<Path> of(String photo) {
        List<Path> files = new ArrayList<>();
        for (Field field : fields) {
            if (kinds.contains(OutputKind.PNG) && hasPicture(field)) {
                files.add(picture(photo, field));
            }
            if (kinds.contains(OutputKind.PNG) && hasColours(field)) {
                files.add(coloured(photo, field));
            }
            if (kinds.contains(OutputKind.NPY)) {
                files.add(numbers(photo, field));
            }
        }
        if (kinds.contains(OutputKind.JSON)) {
            files.add(json(photo));
        }
        if (kinds.contains(OutputKind.OVERLAY)) {
            files.add(overlay(photo));
        }
        return files;
    }

    /**
     * Looks whether all can be written, before anything is.
     *
     * @param common    what the photos' results have in common
     * @param overwrite whether a file that is there may be replaced
     * @throws UserException if one is there, but for a common one that holds what it is to, one is a photo to be
     *                       predicted, two are the same, or the folder is none
     */
    void check(Map<String, byte[]> common, List<PhotoList.Entry> photos, boolean overwrite) {
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw new UserException(out + ": is no folder, where the results are to be written.");
        }
        if (kinds.contains(OutputKind.JSON)) {
            requireOtherNames();
        }
        requireNoPhoto(common.keySet(), photos);
        Map<Path, String> owners = new HashMap<>();
        common.forEach((name, content) -> {
            Path file = out.resolve(name);
            own(file, name, owners);
            if (!overwrite && isThere(file) && !CommonFiles.holds(file, content)) {
                throw new UserException(file + ": is there already, with other names or colours than these results "
                        + "have, and nothing is overwritten; name another folder with --out, or say --overwrite.");
            }
        });
        for (PhotoList.Entry photo : photos) {
            of(photo.name()).forEach(file -> check(file, photo.name(), owners, overwrite));
        }
    }

    /** A task's results stand beside what is said of the photo. */
    private void requireOtherNames() {
        for (Field field : fields) {
            if (PredictionJson.OF_THE_PHOTO.contains(field.name())) {
                throw new UserException("task " + Names.quote(field.name()) + ": the JSON of a prediction says of the "
                        + "photo what is called so. Leave json out of --as, or name the task otherwise and train "
                        + "anew.");
            }
        }
    }

    /** With {@code overwrite}, too: what is to be read is not replaced. */
    private void requireNoPhoto(Set<String> common, List<PhotoList.Entry> photos) {
        Set<Path> read = photos.stream().map(photo -> PhotoList.real(photo.file())).collect(Collectors.toSet());
        Path folder = PhotoList.real(out);
        Stream<Path> written = photos.stream().flatMap(photo -> of(photo.name()).stream());
        Stream.concat(common.stream().map(out::resolve), written).filter(file -> read.contains(folder
                .resolve(out.relativize(file)))).findFirst().ifPresent(file -> {
                    throw new UserException(file + ": is one of the photos, and results would be written there; name "
                            + "another folder with --out.");
                });
    }

    private static void check(Path file, String owner, Map<Path, String> owners, boolean overwrite) {
        own(file, owner, owners);
        if (!overwrite && isThere(file)) {
            throw new UserException(file + ": is there already, and nothing is overwritten; name another folder with "
                    + "--out, or say --overwrite.");
        }
    }

    private static void own(Path file, String owner, Map<Path, String> owners) {
        String other = owners.putIfAbsent(file, owner);
        if (other != null) {
            throw new UserException(file + ": results of " + Names.quote(other) + " and of " + Names.quote(owner)
                    + " would both be written there; rename a photo or a task.");
        }
        FileFailures.requireOrdinary(file, "a file of results");
    }

    private static boolean isThere(Path file) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }
}
