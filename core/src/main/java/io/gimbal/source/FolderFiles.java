package io.gimbal.source;

import io.gimbal.config.Faults;
import io.gimbal.config.FileFailures;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The files of a folder's examples, each of which was there when they were looked for. An example has its image. */
record FolderFiles(List<Entry> entries) {
    /**
     * The files of one example.
     *
     * @param labels by field, masks by {@link LabelMask#key}; what is not there has no label
     */
    record Entry(Example example, Path image, Map<String, Path> labels) { }

    /**
     * Looks for them.
     *
     * @param absent whether an example may be without a file of labels
     * @param faults takes each that is missing; where these are kept, an example without its image is left out, and one
     *               without a file of labels has no such labels
     * @throws UserException naming the first that is missing, unless it is kept
     */
    static FolderFiles find(List<Example> examples, FilePattern images, List<FolderField> fields, boolean absent,
            Faults faults) {
        List<Entry> entries = new ArrayList<>(examples.size());
        for (Example example : examples) {
            Optional<Path> image = faults.attempt(() -> images.find(example).orElseThrow(() ->
                    missing(images.path(example), example, "")));
            Map<String, Path> labels = labels(example, fields, absent, faults);
            image.ifPresent(file -> entries.add(new Entry(example, file, labels)));
        }
        return new FolderFiles(entries);
    }

    private static Map<String, Path> labels(Example example, List<FolderField> fields, boolean absent, Faults faults) {
        Map<String, Path> labels = new HashMap<>();
        for (FolderField field : fields) {
            if (field instanceof FolderField.Pixels pixels) {
                String name = field.layer().field().name();
                put(labels, name, pixels.files(), example, absent, faults);
                pixels.mask().ifPresent(mask -> put(labels, LabelMask.key(name), mask.files(), example, absent,
                        faults));
            }
        }
        return labels;
    }

    private static void put(Map<String, Path> labels, String name, FilePattern files, Example example, boolean absent,
            Faults faults) {
        faults.attempt(() -> label(files, example, absent)).flatMap(file -> file).ifPresent(file ->
                labels.put(name, file));
    }

    private static Optional<Path> label(FilePattern files, Example example, boolean absent) {
        Optional<Path> file = files.find(example);
        if (file.isEmpty() && !absent) {
            throw missing(files.path(example), example, ", or, if examples may be without labels, set "
                    + "data.missing_files to \"absent\"");
        }
        return file;
    }

    private static UserException missing(Path file, Example example, String otherwise) {
        String link = Files.isSymbolicLink(file) ? "; it is a symbolic link to what is not there" : "";
        return new UserException(file + ": this file is missing" + link + "; " + example.place() + ", names "
                + Names.quote(example.name()) + ". Restore it, or take the name out of the list" + otherwise + ".");
    }

    /** What tells these files from others: the examples' names, and the files' sizes. */
    List<String> identity() {
        List<String> parts = new ArrayList<>();
        for (Entry entry : entries) {
            parts.add(entry.example().name());
            parts.add(Long.toString(bytes(entry.image())));
            entry.labels().entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(label -> {
                parts.add(label.getKey());
                parts.add(Long.toString(bytes(label.getValue())));
            });
        }
        return parts;
    }

    private static long bytes(Path file) {
        try {
            return Files.size(file);
        } catch (IOException exception) {
            throw FileFailures.of(file, "cannot be read", exception);
        }
    }
}
