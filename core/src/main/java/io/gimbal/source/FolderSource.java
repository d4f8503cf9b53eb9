package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.picture.ArrayChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Any images with any labels: a list names the examples, fields say where their labels lie and what they mean. */
final class FolderSource implements Source {
    private static final List<String> ARRAY = List.of("array", "channels_first");
    private static final List<String> ORIENTATIONS = List.of("refuse", "photo", "alike");
    /** The keys of each kind of field, besides 'kind'. */
    private static final Map<String, List<String>> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put("classes", ofFiles(ClassDecoder.KEYS));
        KINDS.put("values", ofFiles(ValueDecoder.KEYS));
        KINDS.put("depth", ofFiles(List.of("scale", "offset", "missing", "ignore")));
        KINDS.put("vectors", ofFiles(VectorDecoder.KEYS));
        KINDS.put("edges", ofFiles(List.of("threshold")));
        KINDS.put("parts", kind(Stream.concat(Stream.of("file"), PartDecoder.KEYS.stream()).toList()));
        KINDS.put("flow", ofFiles(List.of("scale", "offset", "missing", "ignore")));
        KINDS.put("points", kind(PointFields.KEYS));
        KINDS.put("coordinates", kind(PointFields.COORDINATE_KEYS));
        KINDS.put("value", kind(CellFields.VALUE_KEYS));
        KINDS.put("class", kind(CellFields.CLASS_KEYS));
        KINDS.put("labels", kind(CellFields.LABEL_KEYS));
    }

    private static List<String> ofFiles(List<String> keys) {
        return kind(Stream.of(List.of("file"), ARRAY, keys).flatMap(List::stream).toList());
    }

    private static List<String> kind(List<String> keys) {
        return Stream.concat(Stream.of("kind"), keys.stream()).toList();
    }

    @Override
    public String name() {
        return "folder";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "list", "image", "fields", "missing_files", "orientation", "limit");
    }

    @Override
    public DataSet open(SourceRequest request) {
        Path folder = request.folder();
        ExampleList list = ExampleList.read(folder.resolve(request.at("list").path("list")));
        FilePattern images = new FilePattern(folder, request.at("image").find("image").orElseThrow(() ->
                request.own().error("has no 'image': where the image of each example lies, as photos/{name}.jpg")),
                list.columns());
        List<FolderField> fields = fields(request, folder, list);
        return set(request, list, images, fields, request.at("fields").object("fields"));
    }

    /**
     * The examples of a list, as far as the request wants them.
     *
     * @param described what the fields were read from
     */
    static DataSet set(SourceRequest request, ExampleList list, FilePattern images, List<FolderField> fields,
            Config described) {
        boolean absent = request.at("missing_files").choice("missing_files", List.of("error", "absent"), "error")
                .equals("absent");
        FolderSet.Orientation orientation = FolderSet.Orientation.valueOf(request.at("orientation")
                .choice("orientation", ORIENTATIONS, "refuse").toUpperCase(Locale.ROOT));
        List<Example> examples = list.spread(request.own().positive("limit", Integer.MAX_VALUE));
        FolderFiles files = FolderFiles.find(examples, images, fields, absent, request.faults());
        return FolderSet.open(request, list.file(), files, fields, orientation,
                described.canonicalText());
    }

    private static List<FolderField> fields(SourceRequest request, Path folder, ExampleList list) {
        Config spec = request.at("fields").object("fields");
        List<FolderField> fields = new ArrayList<>();
        for (String name : spec.keys()) {
            fields.add(field(name, spec.object(name), request, folder, list));
        }
        if (fields.isEmpty()) {
            throw spec.error("names no field; a field is what a task learns, as {\"depth\": {\"file\": "
                    + "\"depth/{name}.png\", \"kind\": \"depth\"}}");
        }
        return fields;
    }

    /** The field that a part of a configuration describes. */
    static FolderField field(String name, Config spec, SourceRequest request, Path folder, ExampleList list) {
        String kind = spec.choice("kind", List.copyOf(KINDS.keySet()));
        spec.allow(kind, KINDS);
        spec.placed(() -> {
            Names.check("a field's name", name);
            return name;
        });
        CellFields.Cellar cells = column -> learned(request, folder, list).examples().stream()
                .map(example -> example.cell(column)).toList();
        return switch (kind) {
            case "points" -> PointFields.read(name, spec, folder, request.flips(), request.faults());
            case "coordinates" -> PointFields.coordinates(name, spec, folder, request.flips(), request.faults());
            case "value" -> CellFields.values(name, spec, list.columns());
            case "class" -> CellFields.classes(name, spec, list.columns(), cells);
            case "labels" -> CellFields.labels(name, spec, list.columns(), cells);
            default -> new FolderField.Pixels(decoder(name, spec, kind), FilePattern.of(spec, folder, list.columns()),
                    choice(spec), spec.find("mask").map(mask -> LabelMask.read(mask, folder, list.columns())));
        };
    }

    private static PixelDecoder decoder(String name, Config spec, String kind) {
        return switch (kind) {
            case "classes" -> new ClassDecoder(name, spec);
            case "vectors" -> new VectorDecoder(name, spec);
            case "edges" -> new EdgeDecoder(name, spec);
            case "parts" -> new PartDecoder(name, spec);
            default -> new ValueDecoder(name, spec, Field.Kind.valueOf(kind.toUpperCase(Locale.ROOT)));
        };
    }

    private static ArrayChoice choice(Config spec) {
        return new ArrayChoice(spec.has("array") ? spec.text("array") : null, spec.flag("channels_first", false));
    }

    /** The list to learn from: what classes there are does not depend on the one to validate on. */
    private static ExampleList learned(SourceRequest request, Path folder, ExampleList list) {
        if (request.training() || !request.own().has("list")) {
            return list;
        }
        Config data = request.fallback();
        return ExampleList.read((data.has("path") ? data.path("path") : folder).resolve(data.path("list")));
    }
}
