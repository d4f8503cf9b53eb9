package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.picture.JpegBytes;
import io.gimbal.picture.PngBytes;
import io.gimbal.picture.TiffBytes;
import io.gimbal.source.DataFolder;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kinds of bad data: each is refused by a sentence that names the file, the place and the remedy, with exit code 2 and
 * no stack trace; nothing is written and nothing is lost. What the list and the folder tell is refused by a training,
 * what is in files by the check before it.
 */
class BadDataTest {
    private static final String WEBP = "UklGRioAAABXRUJQVlA4TB4AAAAvB0ABALmM6H/sIqL/ASEBYY7/GyULxmMUYgKAWzc=";
    private static final String MOVING_WEBP = "UklGRhYAAABXRUJQVlA4WAoAAAACAAAABwAABQAA";
    private static final String POINTS = "data.fields.joints={\"kind\":\"points\",\"count\":1,\"file\":\"%s\"}";

    @TempDir
    private Path path;

    /** Makes a sound folder bad. */
    private interface Damage {
        void to(DataFolder folder) throws IOException;
    }

    /**
     * A kind of bad data.
     *
     * @param command  "data" or "train"
     * @param settings of the configuration, besides those of {@link SmallData}
     * @param says     what the message has in it: file, place and remedy
     */
    private record Kind(String name, String command, Damage damage, List<String> settings, List<String> says) {
        Kind with(String... more) {
            return new Kind(name, command, damage, List.of(more), says);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Kind read(String name, Damage damage, String... says) {
        return new Kind(name, "data", damage, List.of(), List.of(says));
    }

    private static Kind opened(String name, Damage damage, String... says) {
        return new Kind(name, "train", damage, List.of(), List.of(says));
    }

    private static byte[] cut(byte[] whole, int length) {
        return Arrays.copyOf(whole, length);
    }

    private static byte[] png(boolean interlaced, byte... rows) {
        return new PngBytes(4, 4, 8, PngBytes.GREY, interlaced).rows(rows);
    }

    private static byte[] jpeg() throws IOException {
        return JpegBytes.of(new BufferedImage(4, 4, BufferedImage.TYPE_3BYTE_BGR), false);
    }

    private static byte[] npz(String... names) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String name : names) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(npy("<f4", "4, 4", 64));
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] bomb() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("depth.npy"));
            zip.write(npy("<f4", "30000, 30000", 0));
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 20; i++) {
                zip.write(zeros);
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] npy(String type, String shape, int bytes) {
        String header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
        header += " ".repeat(117 - header.length()) + "\n";
        return JpegBytes.join(JpegBytes.ascii("\u0093NUMPY\1\0"), new byte[] {118, 0}, JpegBytes.ascii(header),
                new byte[bytes]);
    }

    private static byte[] webp(String text) {
        return Base64.getDecoder().decode(text);
    }

    private static Stream<Kind> photos() {
        byte[] tiff = new TiffBytes(ByteOrder.LITTLE_ENDIAN, 4, 4, 8, new byte[16]).file();
        return Stream.of(
                read("a PNG is cut off", folder -> folder.bytes("photos/c.png", cut(png(false, new byte[20]), 50)),
                        "photos/c.png", "cut-off", "Copy it anew"),
                read("a PNG's checksum is wrong", folder -> {
                    byte[] png = png(false, new byte[20]);
                    png[50] ^= 1;
                    folder.bytes("photos/c.png", png);
                }, "photos/c.png", "checksum", "Copy it anew"),
                read("a photo is empty", folder -> folder.text("photos/c.png", ""), "photos/c.png", "the file is empty",
                        "Copy it anew"),
                read("a photo is a web page", folder -> folder.text("photos/c.png", "<html>404</html>"),
                        "photos/c.png", "neither a picture", "Copy it anew"),
                read("a header says that the photo is huge", folder -> folder.bytes("photos/c.png", new PngBytes(
                        1 << 20, 1 << 20, 8, PngBytes.GREY).rows(new byte[20])), "photos/c.png", "1048576 x 1048576",
                        "at most 2^26", "Make it smaller"),
                read("an interlaced PNG has too few rows", folder -> folder.bytes("photos/c.png", png(true,
                        new byte[5])), "photos/c.png", "Copy it anew"),
                read("a JPEG is cut off", folder -> folder.bytes("photos/c.png", cut(jpeg(), jpeg().length - 20)),
                        "photos/c.png", "Copy it anew"),
                read("a JPEG of four channels does not say which colours they are", folder -> folder.bytes(
                        "photos/c.png", JpegBytes.ofChannels(4, 4, 1, 2, 3, 4)), "photos/c.png", "Adobe's marker",
                        "Save it in colours (RGB)"),
                read("a photo is shown turned", folder -> folder.bytes("photos/c.png", JpegBytes.with(jpeg(),
                        JpegBytes.EXIF, JpegBytes.join(JpegBytes.ascii("Exif\0\0"), JpegBytes.orientation(6, true)))),
                        "photos/c.png", "orientation, 6,"),
                read("a TIFF has two pictures", folder -> {
                    byte[] two = tiff.clone();
                    two[two.length - 4] = 8;
                    folder.bytes("photos/c.png", two);
                }, "photos/c.png", "more than one picture", "Save the one that is meant"),
                read("a TIFF is cut off", folder -> folder.bytes("photos/c.png", cut(tiff, 40)), "photos/c.png",
                        "Copy it anew"),
                read("a WebP moves", folder -> folder.bytes("photos/c.png", webp(MOVING_WEBP)), "photos/c.png",
                        "animated", "Save the picture that is meant"),
                read("a WebP is cut off", folder -> folder.bytes("photos/c.png", cut(webp(WEBP), 30)), "photos/c.png",
                        "cut-off", "Copy it anew"),
                read("a photo is transparent", folder -> folder.bytes("photos/c.png", new PngBytes(4, 4, 8,
                        PngBytes.GREY_ALPHA).rows(new byte[36])), "photos/c.png", "row 0, column 0 is transparent"));
    }

    private static Stream<Kind> labels() {
        return Stream.of(
                read("an array holds objects", folder -> folder.bytes("depth/c.npy", npy("|O", "4, 4", 64)),
                        "depth/c.npy", "object", "float32"),
                read("an array has another shape", folder -> folder.bytes("depth/c.npy", npy("<f4", "16", 64)),
                        "depth/c.npy", "16", "height"),
                read("an array has NaN", folder -> {
                    float[] depth = SmallData.DEPTH.clone();
                    depth[6] = Float.NaN;
                    folder.npy("depth/c.npy", "4, 4", depth);
                }, "depth/c.npy", "row 1, column 2", "\"missing\": \"nan\""),
                read("an archive unpacks to gigabytes", folder -> folder.bytes("depth/c.npy", bomb()), "depth/c.npy",
                        "(30000, 30000)", "at most", "Make it smaller"),
                read("an archive has two arrays", folder -> folder.bytes("depth/c.npy", npz("a.npy", "b.npy")),
                        "depth/c.npy", "'a', 'b'", "Name it with 'array'"),
                read("a PFM has too few values", folder -> folder.text("depth/c.npy", "Pf\n4 4\n-1\nxx"),
                        "depth/c.npy", "Copy it anew"),
                read("labels are a JPEG", folder -> folder.bytes("parts/c.png", JpegBytes.of(new BufferedImage(4, 4,
                        BufferedImage.TYPE_BYTE_GRAY), false)), "parts/c.png", "JPEG", "classes 0 to 2"),
                read("labels are transparent", folder -> folder.bytes("parts/c.png", new PngBytes(4, 4, 8,
                        PngBytes.GREY_ALPHA).rows(new byte[36])), "parts/c.png", "2 channels", "one channel"),
                read("a class is none", folder -> folder.grey("parts/c.png", 4, 4, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0,
                        0, 0, 0, 0), "parts/c.png", "class number 7 at row 1, column 2", "\"map\""),
                read("classes are colours and there is no map", folder -> folder.colours("parts/c.png", 4, 4, 255, 0,
                        0), "parts/c.png", "3 channels", "'map' says"),
                read("labels have another size", folder -> folder.grey("parts/c.png", 5, 4, 0), "parts/c.png",
                        "5 x 4", "resize one of them"));
    }

    private static Stream<Kind> lists() {
        return Stream.of(
                opened("a list names an example twice", folder -> folder.text("train.txt", "a\nb\na\n"), "train.txt, "
                        + "line 3", "'a' stands in line 1 already").with("data.list=train.txt"),
                opened("a listed file is missing", folder -> folder.text("train.txt", "a\nb\nx\n"), "photos/x.png",
                        "train.txt, line 3", "take the name out of the list").with("data.list=train.txt"),
                opened("a list is in another encoding", folder -> folder.bytes("train.txt", JpegBytes.ascii(
                        "a\nm\u00fcnchen\n")), "train.txt", "Save it as UTF-8").with("data.list=train.txt"),
                opened("a list is empty", folder -> folder.text("train.txt", "\n \n"), "train.txt", "empty",
                        "a line").with("data.list=train.txt"),
                opened("a name has a control character", folder -> folder.text("train.txt", "a\nb\u0000c\n"),
                        "train.txt, line 2", "a name without it").with("data.list=train.txt"),
                opened("a row of a table has too few cells", folder -> folder.text("train.csv", "name,age\na,1\nb\n"),
                        "train.csv, line 3", "1 cell", "2 columns"),
                opened("a table has no rows", folder -> folder.text("train.csv", "name,age\n"), "train.csv", "empty",
                        "a row an example"),
                opened("a table has an open quote", folder -> folder.text("train.csv", "name,age\na,1\nb,\"2\nc,3\n"),
                        "train.csv, line 3", "nothing closes it", "in quotes"),
                opened("a column is missing", folder -> { }, "'height'", "age").with("data.fields.height={\"kind\":"
                        + "\"value\",\"column\":\"height\"}"),
                opened("a number is none", folder -> folder.text("train.csv", "name,age\na,1\nb,1.2.3\n"),
                        "train.csv, line 3, column 'age'", "1.2.3", "0.5").with("data.fields.age={\"kind\":\"value\","
                                + "\"column\":\"age\"}"),
                opened("a class of the image is none", folder -> { }, "train.csv, line 3, column 'kind'", "'dog'",
                        "Classes: cat").with("data.fields.kind={\"kind\":\"class\",\"column\":\"kind\",\"classes\":"
                                + "[\"cat\"]}"));
    }

    private static Stream<Kind> points() {
        String coco = "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}], \"annotations\": [{\"image_id\": %s, "
                + "\"keypoints\": [%s]}]}";
        String csv = POINTS.formatted("points.csv");
        String json = POINTS.formatted("points.json");
        return Stream.of(
                opened("points are of an image that is none", folder -> folder.text("points.json", coco.formatted("7",
                        "1, 1, 2")), "points.json", "image 7", "'images'", "remove the annotation").with(json),
                opened("there are too many numbers for the points", folder -> folder.text("points.json",
                        coco.formatted("1", "1, 1, 2, 3")), "points.json, line 1", "more 'keypoints' than 1")
                        .with(json),
                opened("points are no JSON", folder -> folder.text("points.json", "{\"images\": [}"),
                        "points.json, line 1", "not valid JSON", "Mend it").with(json),
                opened("points are of other names", folder -> folder.text("points.csv", "name,x,y\nq,1,1\n"),
                        "train.csv", "none of its names has points", "such as q", "those of the list").with(csv),
                opened("a point has half a place", folder -> folder.text("points.csv", "name,x,y\na,1,\n"),
                        "points.csv, line 2, column 'y'", "is empty", "Give both, or neither").with(csv),
                opened("points are of a file that is not there", folder -> { }, "points.csv", "no such file")
                        .with(csv));
    }

    /** Of photos of 4 x 4 pixels: those of a larger one trained heat maps of 0. */
    private static Stream<Kind> pointsElsewhere() {
        String field = "data.fields.depth={\"kind\":\"points\",\"count\":1,\"file\":\"%s\"}";
        return Stream.of(
                read("points of a table are of a larger image", folder -> folder.text("points.csv", "name,x,y\na,3,3\n"
                        + "b,40,30\ne,1,1\n"), "points.csv: none of the points of 'b'", "4 x 4 pixels",
                        "column 40.0, row 30.0", "empty cells").with("tasks.depth.ignore=-1",
                                field.formatted("points.csv")),
                read("points in COCO's form are of a larger image", folder -> folder.text("points.json", "{\"images\": "
                        + "[{\"id\": 1, \"file_name\": \"c.png\"}, {\"id\": 2, \"file_name\": \"e.png\"}], "
                        + "\"annotations\": [{\"image_id\": 1, \"keypoints\": [1, 300, 2]}, {\"image_id\": 2, "
                        + "\"keypoints\": [1, 1, 2]}]}"), "points.json: none of the points of 'c'", "4 x 4 pixels",
                        "column 1.0, row 300.0", "v = 0").with("tasks.depth.ignore=-1",
                                field.formatted("points.json")));
    }

    private static Stream<Kind> folders() {
        return Stream.of(
                opened("a photo is a folder", folder -> {
                    Files.delete(folder.path.resolve("photos/c.png"));
                    Files.createDirectory(folder.path.resolve("photos/c.png"));
                }, "photos/c.png", "no regular file", "train.csv, line 4", "Put one there"),
                opened("a photo is a link to nothing", folder -> {
                    Files.delete(folder.path.resolve("photos/c.png"));
                    Files.createSymbolicLink(folder.path.resolve("photos/c.png"), Path.of("nowhere.png"));
                }, "photos/c.png", "missing", "a symbolic link to what is not there",
                        "train.csv, line 4", "Restore it"),
                opened("the folder is a file", folder -> { }, "small.json", "no such folder", "data.path")
                        .with("data.path=small.json"),
                opened("the folder's name has a control character", folder -> { }, "data.path", "a name without it")
                        .with("data.path=\"a\\u0000b\""),
                opened("there are fewer examples than a batch", folder -> { }, "data.batch", "only 4 examples",
                        "a smaller batch").with("data.batch=5"),
                opened("there is nothing to validate on", folder -> folder.text("val.csv", "name\n"), "val.csv",
                        "empty", "a row an example"),
                opened("the list is not there", folder -> Files.delete(folder.path.resolve("train.csv")), "train.csv",
                        "no such file"));
    }

    private static Stream<Kind> kinds() {
        return Stream.of(photos(), labels(), lists(), points(), pointsElsewhere(), folders()).flatMap(kinds -> kinds);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void badDataAreNamedWithTheirFilePlaceAndRemedy(Kind kind) throws IOException {
        SmallData data = new SmallData(path);
        kind.damage().to(data.folder);
        Map<String, String> before = contents();
        List<String> arguments = new ArrayList<>(List.of(kind.command(), data.config.toString(), "--no-progress"));
        if (kind.command().equals("train")) {
            arguments.addAll(List.of("--device", "soft", "--out", path.resolve("out").toString()));
        }
        kind.settings().forEach(setting -> arguments.addAll(List.of("--set", "data.flip=false", "--set", setting)));
        Command command = Command.run(arguments.toArray(String[]::new));
        command.refuses(2, kind.says().toArray(String[]::new));
        assertEquals(1, command.err().lines().count(), command.err());
        assertFalse(Files.exists(path.resolve("out")), "no folder is left");
        assertEquals(before, contents());
    }

    /** What each file of the folder holds, and what each link names. */
    private Map<String, String> contents() throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.toList()) {
                contents.put(file.toString(), Files.isSymbolicLink(file) ? Files.readSymbolicLink(file).toString()
                        : Files.isDirectory(file) ? "" : Base64.getEncoder().encodeToString(Files.readAllBytes(file)));
            }
        }
        return contents;
    }
}
