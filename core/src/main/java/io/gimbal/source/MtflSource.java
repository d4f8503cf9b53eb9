package io.gimbal.source;

import io.gimbal.config.Config;
import io.gimbal.config.Faults;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.data.Field;
import io.gimbal.data.Layer;
import io.gimbal.data.Meaning;
import io.gimbal.data.Plane;
import io.gimbal.picture.NameList;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The Multi-Task Facial Landmark data set (Zhang et al., ECCV 2014) in the form in which it is handed out: training.txt
 * and testing.txt, a line a face, of an image's path below the folder, five columns and then five rows of pixels
 * (eyes, nose, corners of the mouth; left is left in the image), and four numbers. Fields of the image as a whole:
 * <ul>
 *   <li>"landmarks": coordinates of the five points, whose errors are parts of the eyes' distance</li>
 *   <li>"gender", "smile", "glasses", of two classes each, and "pose", of five from left to right, which a mirror
 *       exchanges</li>
 * </ul>
 */
final class MtflSource implements Source {
    private static final List<String> SPLITS = List.of("train", "test");
    private static final List<String> POINTS = List.of("left eye", "right eye", "nose", "left mouth corner",
            "right mouth corner");
    private static final List<Integer> MIRRORED = List.of(1, 0, 2, 4, 3);
    private static final int UNLABELLED_CLASS = 255;

    /** What a face is, in the lines' order: its numbers are from 1 on. */
    private static final List<Attribute> ATTRIBUTES = List.of(
            new Attribute("gender", List.of("male", "female"), List.of()),
            new Attribute("smile", List.of("smiling", "not smiling"), List.of()),
            new Attribute("glasses", List.of("glasses", "no glasses"), List.of()),
            new Attribute("pose", List.of("left profile", "left", "frontal", "right", "right profile"),
                    List.of(4, 3, 2, 1, 0)));
    private static final int CELLS = 1 + 2 * POINTS.size() + ATTRIBUTES.size();

    /** A class of the image as a whole, and what each becomes in a mirror. */
    private record Attribute(String name, List<String> classes, List<Integer> mirrored) {
        FolderField.Cell field() {
            Field field = Field.ofClasses(name, classes.size(), UNLABELLED_CLASS).ofTheWholeImage().named(classes);
            return new FolderField.Cell(new Layer(field, Meaning.STORED, 1, mirrored), example -> Optional.of(
                    new Plane.Floats(new float[] {Integer.parseInt(example.cell(name)) - 1}, 1)));
        }
    }

    /** A face's image and attributes, and its points as {@link PointTable} has them. */
    private record Face(Example example, float[] points) { }

    @Override
    public String name() {
        return "mtfl";
    }

    @Override
    public List<String> keys() {
        return List.of("path", "split", "limit", "orientation");
    }

    @Override
    public DataSet open(SourceRequest request) {
        Path folder = request.folder();
        String split = request.own().choice("split", SPLITS, SPLITS.get(request.training() ? 0 : 1));
        Path list = folder.resolve(split.equals("train") ? "training.txt" : "testing.txt");
        List<Face> faces = read(list, request.faults());
        Map<String, float[]> points = new HashMap<>();
        faces.forEach(face -> points.put(face.example().name(), face.points()));
        Field landmarks = Field.ofCoordinates("landmarks", POINTS.size(), -1).named(POINTS).measuredBetween(0, 1);
        List<FolderField> fields = new ArrayList<>();
        fields.add(new FolderField.Points(new Layer(landmarks, Meaning.STORED, 1, MIRRORED), new PointTable(list,
                POINTS, points)));
        ATTRIBUTES.forEach(attribute -> fields.add(attribute.field()));
        Config layout = Config.parse("{\"image\": \"{name}\"}", "the layout of " + name());
        return FolderSource.set(request, new ExampleList(list, List.of(), faces.stream().map(Face::example).toList()),
                new FilePattern(folder, layout.find("image").orElseThrow(), List.of()), fields, layout);
    }

    private static List<Face> read(Path list, Faults faults) {
        List<String> lines = NameList.text(list).lines().toList();
        Map<String, Integer> seen = new HashMap<>();
        List<Face> faces = new ArrayList<>();
        for (int line = 1; line <= lines.size(); line++) {
            String text = lines.get(line - 1).strip();
            String place = list + ", line " + line;
            int number = line;
            if (!text.isEmpty()) {
                faults.attempt(() -> face(text, place)).ifPresent(face -> {
                    requireFirst(face, number, seen, faults);
                    faces.add(face);
                });
            }
        }
        if (lines.stream().allMatch(String::isBlank)) {
            throw new UserException(list + ": this list is empty; it needs a line a face: " + form() + ".");
        }
        return faces;
    }

    private static String form() {
        return "the image's path, " + POINTS.size() + " columns, " + POINTS.size() + " rows, and the numbers of "
                + Names.list(ATTRIBUTES.stream().map(Attribute::name).toList());
    }

    private static void requireFirst(Face face, int line, Map<String, Integer> seen, Faults faults) {
        Integer before = seen.putIfAbsent(face.example().name(), line);
        if (before != null) {
            faults.tell(new UserException(face.example().place() + ": " + Names.quote(face.example().name())
                    + " stands in line " + before + " already; an image stands once."));
        }
    }

    private static Face face(String line, String place) {
        String[] cells = line.split("\\s+");
        if (cells.length != CELLS) {
            throw new UserException(place + ": has " + cells.length + " parts between blanks, but a face has " + CELLS
                    + ": " + form() + ".");
        }
        String name = cells[0].replace('\\', '/');
        NameList.check(name, place);
        float[] points = new float[3 * POINTS.size()];
        for (int point = 0; point < POINTS.size(); point++) {
            points[3 * point] = coordinate(cells[1 + point], place, "column", point);
            points[3 * point + 1] = coordinate(cells[1 + POINTS.size() + point], place, "row", point);
            points[3 * point + 2] = point;
        }
        Map<String, String> attributes = new HashMap<>();
        for (int i = 0; i < ATTRIBUTES.size(); i++) {
            Attribute attribute = ATTRIBUTES.get(i);
            attributes.put(attribute.name(), number(cells[1 + 2 * POINTS.size() + i], attribute, place));
        }
        return new Face(new Example(name, place, attributes), points);
    }

    private static float coordinate(String cell, String place, String what, int point) {
        return Cells.dueNumber(cell, place + ", " + what + " of the " + POINTS.get(point));
    }

    private static String number(String cell, Attribute attribute, String place) {
        int count = attribute.classes().size();
        if (IntStream.rangeClosed(1, count).noneMatch(number -> cell.equals(Integer.toString(number)))) {
            throw new UserException(place + ", " + attribute.name() + ": is " + Names.quote(cell) + ", but must be "
                    + "one of " + IntStream.rangeClosed(1, count).mapToObj(number -> number + " ("
                            + attribute.classes().get(number - 1) + ")").collect(Collectors.joining(", ")) + ".");
        }
        return cell;
    }
}
