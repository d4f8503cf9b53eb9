package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.FilePath;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.picture.NameList;
import io.gimbal.picture.PictureFile;
import io.gimbal.picture.PictureFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a file of each example lies: a path below a folder in which {@code {name}} stands for the example's name, and
 * {@code {column}} for what its row has there. A last part of {@code .*} stands for any suffix of a file that can be
 * read. Not thread-safe.
 */
final class FilePattern {
    private static final Pattern PLACE = Pattern.compile("\\{([^{}]*)}");
    private static final String ANY_SUFFIX = ".*";
    private static final String NAME = "name";

    private final Path folder;
    private final String pattern;
    private final PictureFolder files;

    /**
     * @param spec    where the pattern stands
     * @param columns the columns of the list
     */
    FilePattern(Path folder, Config spec, List<String> columns) {
        this.folder = folder;
        this.files = new PictureFolder(folder, PictureFile.SUFFIXES);
        this.pattern = spec.text();
        FilePath.of(pattern, spec.place());
        Matcher places = PLACE.matcher(pattern);
        boolean any = false;
        while (places.find()) {
            String column = places.group(1);
            any = true;
            if (!column.equals(NAME) && !columns.contains(column)) {
                throw spec.error("has the place {" + column + "}, but the list has " + (columns.isEmpty()
                        ? "names alone: {name} stands for them" : "the columns " + Names.list(columns) + ", and {name} "
                        + "stands for an example's name"));
            }
        }
        if (!any) {
            throw spec.error("is " + Names.quote(pattern) + ", the same file for all examples; {name} stands for an "
                    + "example's name, as in " + Names.quote("photos/{name}.jpg"));
        }
    }

    /** The one under {@code file} of what describes a field, which must be there. */
    static FilePattern of(Config spec, Path folder, List<String> columns) {
        return new FilePattern(folder, spec.find("file").orElseThrow(() -> spec.error("has no 'file': where the labels "
                + "of each example lie, as labels/{name}.png")), columns);
    }

    /** The path that an example's file has, or would have. */
    Path path(Example example) {
        return folder.resolve(below(example));
    }

    private String below(Example example) {
        Matcher places = PLACE.matcher(pattern);
        StringBuilder path = new StringBuilder();
        while (places.find()) {
            String column = places.group(1);
            String text = column.equals(NAME) && !example.cells().containsKey(NAME) ? example.name()
                    : example.cell(column);
            NameList.check(text, example.place());
            places.appendReplacement(path, Matcher.quoteReplacement(text));
        }
        places.appendTail(path);
        return path.toString();
    }

    /**
     * The file of an example; nothing where it is not there.
     *
     * @throws UserException if several fit, or what is there is no regular file
     */
    Optional<Path> find(Example example) {
        String path = below(example);
        if (path.endsWith(ANY_SUFFIX)) {
            return files.lookUp(path.substring(0, path.length() - ANY_SUFFIX.length()), example.place());
        }
        Optional<Path> found = Optional.of(folder.resolve(path)).filter(Files::exists);
        found.filter(file -> !Files.isRegularFile(file)).ifPresent(other -> {
            throw new UserException(other + ": is no regular file, where a picture is needed; " + example.place()
                    + ", names " + Names.quote(example.name()) + ". Put one there, or take the name out of the list.");
        });
        return found;
    }

    @Override
    public String toString() {
        return pattern;
    }
}
