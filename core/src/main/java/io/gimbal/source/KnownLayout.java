package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.FileFailures;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.picture.NameList;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.JsonNodeFactory;
import io.gimbal.shaded.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A folder in the layout in which people have a data set: what {@link FolderSource} is told of a folder, known
 * beforehand. Fields whose folder is not there are not known.
 *
 * @param image  where images lie
 * @param fields as an object in JSON, of the keys of a folder's {@code fields}
 */
record KnownLayout(String image, String fields) {
    /**
     * Opens it.
     *
     * @param list    a folder's listing, or the file that names the examples
     * @param columns that the examples' cells have
     */
    DataSet open(SourceRequest request, Path list, List<String> columns, List<Example> all) {
        String source = request.at("source").text("source");
        Path folder = request.folder();
        Config spec = Config.parse("{\"image\": " + TextNode.valueOf(image) + ", \"fields\": " + fields + "}",
                "the layout of " + source);
        ExampleList examples = new ExampleList(list, columns, all);
        List<FolderField> known = known(spec.object("fields"), request, folder, examples);
        FilePattern images = new FilePattern(folder, spec.find("image").orElseThrow(), columns);
        return FolderSource.set(request, examples, images, known, spec.object("fields"));
    }

    private static List<FolderField> known(Config fields, SourceRequest request, Path folder, ExampleList examples) {
        List<FolderField> known = new ArrayList<>();
        Set<String> sought = new LinkedHashSet<>();
        for (String name : fields.keys()) {
            Config field = fields.object(name);
            List<String> due = field.find("mask").map(mask -> List.of(due(field), due(mask)))
                    .orElseGet(() -> List.of(due(field)));
            sought.addAll(due);
            if (due.stream().allMatch(inner -> Files.exists(folder.resolve(inner)))) {
                known.add(FolderSource.field(name, field, request, folder, examples));
            }
        }
        if (known.isEmpty()) {
            throw new UserException(folder + ": has no labels; of " + Names.list(sought) + " none is there.");
        }
        return known;
    }

    /** The file of all examples, or the folder of their files. */
    private static String due(Config field) {
        String file = field.text("file");
        int place = file.indexOf('{');
        return place < 0 ? file : file.substring(0, file.lastIndexOf('/', place));
    }

    /**
     * The examples whose images lie in the folders of a folder, in the order of their names: FOLDER/NAME, where the
     * file is FOLDER/NAME and the suffix.
     */
    static List<Example> inFolders(Path folder, String suffix) {
        if (!Files.isDirectory(folder)) {
            throw new UserException(folder + ": there is no such folder, where images are due.");
        }
        List<Example> examples = new ArrayList<>();
        for (Path inner : listed(folder)) {
            for (Path file : Files.isDirectory(inner) ? listed(inner) : List.<Path>of()) {
                String name = file.getFileName().toString();
                if (name.endsWith(suffix) && name.length() > suffix.length()) {
                    examples.add(new Example(inner.getFileName() + "/" + name.substring(0, name.length()
                            - suffix.length()), "the folder " + inner, Map.of()));
                }
            }
        }
        if (examples.isEmpty()) {
            throw new UserException(folder + ": none of its folders has a file that ends in " + suffix + ".");
        }
        return examples;
    }

    private static List<Path> listed(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException failure) {
            throw FileFailures.reading(folder, failure);
        }
    }

    /** What the configuration says of the channels of normals, as JSON. */
    static String axes(SourceRequest request) {
        ArrayNode axes = JsonNodeFactory.instance.arrayNode();
        request.at("axes").texts("axes").forEach(axes::add);
        return axes.toString();
    }

    /** The examples that a text names, one a line. */
    static List<Example> named(Path list, Map<String, String> cells) {
        return NameList.read(list).stream().map(entry -> new Example(entry.name(), list + ", line " + entry.line(),
                cells)).toList();
    }
}
