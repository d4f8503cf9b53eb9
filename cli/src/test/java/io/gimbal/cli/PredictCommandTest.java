package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.picture.PictureFile;
import io.gimbal.picture.PngBytes;
import io.gimbal.picture.PngWriter;
import io.gimbal.run.TinyRooms;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code gimbal predict}. */
class PredictCommandTest {
    @TempDir
    private static Path shared;
    private static Path run;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() throws IOException {
        run = shared.resolve("run");
        Path config = Files.writeString(shared.resolve("tiny.json"), TinyRooms.TEXT);
        Command.run("train", config.toString(), "--device", "soft", "--out", run.toString(), "--set", "epochs=1")
                .succeeds();
    }

    private static void photo(Path file, int height, int width) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, PngWriter.ofColours(new Random(width).ints((long) height * width, 0, 1 << 24).toArray(),
                height, width));
    }

    private Command predict(Object... more) {
        List<String> arguments = new ArrayList<>(List.of("predict", run.toString(), "--device", "soft", "--out",
                folder.resolve("out").toString()));
        for (Object argument : more) {
            arguments.add(argument.toString());
        }
        return Command.run(arguments.toArray(String[]::new));
    }

    private TreeSet<String> written() {
        return new TreeSet<>(TinyRooms.contents(folder.resolve("out")).keySet());
    }

    @Test
    void photosOfAFolderKeepTheirNamesAndSubfoldersAndABadOneIsToldAndLeftOut() throws IOException {
        Path photos = folder.resolve("photos");
        photo(photos.resolve("with a blank.png"), 20, 30);
        photo(photos.resolve("küche/Zoë.PNG"), 7, 5);
        photo(photos.resolve("küche/one.png"), 1, 1);
        photo(photos.resolve(".hidden/no.png"), 3, 3);
        Files.writeString(photos.resolve("küche/notes.txt"), "no photo");
        Files.write(photos.resolve("broken.jpg"), new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, 0});
        Command command = predict(photos, "--as", "png,npy,json,overlay");
        command.refuses(1, photos.resolve("broken.jpg") + ": ", "1 of 4 photos could not be read, and were left "
                + "out:\n  " + photos.resolve("broken.jpg"));
        assertTrue(command.out().contains("3 photos predicted in "), command.out());
        TreeSet<String> due = new TreeSet<>(List.of("classes.json", "legend.png"));
        for (String name : List.of("with a blank", "küche/Zoë", "küche/one")) {
            for (String suffix : List.of(".segmentation.png", ".segmentation.npy", ".depth.png", ".depth.colour.png",
                    ".depth.npy", ".normals.png", ".normals.npy", ".json", ".overlay.png")) {
                due.add(name + suffix);
            }
        }
        assertEquals(due, written());
    }

    @Test
    void theFilesSayTheSame() throws IOException {
        photo(folder.resolve("a.png"), 21, 35);
        predict(folder.resolve("a.png"), "--as", "png,npy,json,overlay").succeeds();
        Path out = folder.resolve("out");
        PictureFile logits = PictureFile.open(out.resolve("a.segmentation.npy"));
        assertEquals("21 x 35 x 13", logits.height() + " x " + logits.width() + " x " + logits.channels());
        int[] classes = PictureFile.open(out.resolve("a.segmentation.png")).classNumbers("");
        float[] values = logits.values("");
        int[] counts = new int[13];
        for (int i = 0; i < classes.length; i++) {
            for (int c = 0; c < 13; c++) {
                assertTrue(values[13 * i + classes[i]] >= values[13 * i + c]);
            }
            counts[classes[i]]++;
        }
        short[] millimetres = PictureFile.open(out.resolve("a.depth.png")).shorts("");
        float[] metres = PictureFile.open(out.resolve("a.depth.npy")).values("");
        for (int i = 0; i < metres.length; i++) {
            assertEquals(Math.clamp(Math.round(metres[i] * 1000.0), 0, 65535), millimetres[i] & 0xFFFF);
        }
        JsonNode json = new ObjectMapper().readTree(out.resolve("a.json").toFile());
        JsonNode names = new ObjectMapper().readTree(out.resolve("classes.json").toFile()).path("segmentation");
        assertEquals(35, json.path("width").asInt());
        for (int c = 0; c < 13; c++) {
            assertEquals(counts[c] / (21.0 * 35), json.path("segmentation").path("shares").path(names.get(c)
                    .path("name").asText()).asDouble(), 1e-12);
        }
        int colour = ImageIO.read(out.resolve("a.segmentation.png").toFile()).getRGB(0, 0) & 0xFFFFFF;
        assertEquals(String.format("#%06x", colour), names.get(classes[0]).path("colour").asText());
        assertTrue(ImageIO.read(out.resolve("a.overlay.png").toFile()).getWidth() > 2 * 384);
    }

    @Test
    void nothingIsOverwrittenUnlessAskedFor() throws IOException {
        photo(folder.resolve("a.png"), 4, 4);
        predict(folder.resolve("a.png"), "--as", "json").succeeds();
        Path json = folder.resolve("out/a.json");
        byte[] before = Files.readAllBytes(json);
        Files.writeString(json, "mine");
        photo(folder.resolve("b.png"), 4, 4);
        predict(folder.resolve("b.png"), folder.resolve("a.png"), "--as", "json").refuses(2, "is there already",
                "--overwrite");
        assertEquals("mine", Files.readString(json));
        assertTrue(Files.notExists(folder.resolve("out/b.json")), "nothing was begun");
        predict(folder.resolve("b.png"), folder.resolve("a.png"), "--as", "json", "--overwrite").succeeds();
        assertArrayEquals(before, Files.readAllBytes(json));
    }

    @Test
    void aFolderTakesMorePhotosOfTheSameClassesAlone() throws IOException {
        photo(folder.resolve("a.png"), 4, 4);
        photo(folder.resolve("b.png"), 4, 4);
        predict(folder.resolve("a.png"), "--as", "json").succeeds();
        Path classes = folder.resolve("out/classes.json");
        Path legend = folder.resolve("out/legend.png");
        FileTime early = FileTime.fromMillis(1000);
        Files.setLastModifiedTime(classes, early);
        Files.setLastModifiedTime(legend, early);
        predict(folder.resolve("b.png"), "--as", "json").succeeds();
        predict(folder.resolve("a.png"), "--as", "npy").succeeds();
        assertEquals(early, Files.getLastModifiedTime(classes), "it is left alone");
        assertEquals(early, Files.getLastModifiedTime(legend));
        assertTrue(written().containsAll(List.of("a.json", "b.json", "a.depth.npy")));
        byte[] sound = Files.readAllBytes(classes);
        for (Path file : List.of(classes, legend)) {
            byte[] other = Files.readAllBytes(file);
            other[other.length - 3] ^= 1;
            Files.write(file, other);
            predict(folder.resolve("b.png"), "--as", "npy").refuses(2, file + ": is there already, with other names "
                    + "or colours", "--overwrite");
            assertArrayEquals(other, Files.readAllBytes(file));
            predict(folder.resolve("b.png"), "--as", "json", "--overwrite").succeeds();
        }
        assertArrayEquals(sound, Files.readAllBytes(classes));
    }

    /** 2^40 pixels would take terabytes: what the header says is refused, and the photos beside it are predicted. */
    @Test
    void aHugePhotoIsLeftOut() throws IOException {
        Path photos = folder.resolve("photos");
        photo(photos.resolve("a.png"), 4, 4);
        photo(photos.resolve("z.png"), 1, 1);
        Files.write(photos.resolve("huge.png"), new PngBytes(1 << 20, 1 << 20, 8, PngBytes.GREY).rows(new byte[20]));
        Command command = predict(photos, "--as", "json");
        command.refuses(1, "huge.png: 1048576 x 1048576 pixels; at most 2^26 are read", "1 of 3 photos could not be "
                + "read, and were left out:\n  " + photos.resolve("huge.png"));
        assertEquals(new TreeSet<>(List.of("a.json", "classes.json", "legend.png", "z.json")), written());
    }

    @Test
    void aLinkToAFolderIsThatFolder() throws IOException {
        photo(folder.resolve("photos/küche/a.png"), 4, 4);
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("photos"));
        predict(link, "--as", "json").succeeds();
        assertTrue(written().contains("küche/a.json"));
    }

    @Test
    void aPhotoIsNeverReplacedByResults() throws IOException {
        Path out = folder.resolve("out");
        photo(out.resolve("a.png"), 4, 4);
        photo(out.resolve("a.depth.png"), 5, 5);
        byte[] before = Files.readAllBytes(out.resolve("a.depth.png"));
        predict(out.resolve("a.png"), out.resolve("a.depth.png"), "--overwrite").refuses(2, "a.depth.png: is one of "
                + "the photos", "--out");
        assertArrayEquals(before, Files.readAllBytes(out.resolve("a.depth.png")));
        assertEquals(new TreeSet<>(List.of("a.depth.png", "a.png")), written());
        predict(out.resolve("a.png"), out.resolve("a.depth.png"), "--as", "json").succeeds();
    }

    @Test
    void whatCannotBeIsRefusedBeforeAnythingIsDone() throws IOException {
        Path photos = folder.resolve("photos");
        photo(photos.resolve("a.png"), 4, 4);
        predict(folder.resolve("none.png")).refuses(2, "none.png: there is no such file or folder.");
        predict(photos, "--as", "tiff").refuses(2, "tiff");
        predict(photos, "--batch", "0").refuses(2, "--batch");
        predict(photos, photos.resolve("a.png")).refuses(2, "the results of both would be called 'a'");
        predict(folder).refuses(2, "would take these results for photos");
        Files.createDirectories(folder.resolve("empty"));
        predict(folder.resolve("empty")).refuses(2, "has a picture's suffix");
        Files.writeString(folder.resolve("out"), "a file");
        predict(photos).refuses(2, "out: is no folder");
        assertEquals("a file", Files.readString(folder.resolve("out")));
    }

    @Test
    void moreThanABatchIsPredictedInAnyBatch() throws IOException {
        Path photos = folder.resolve("photos");
        for (int i = 0; i < 23; i++) {
            photo(photos.resolve(i + ".png"), 10 + i, 30 - i);
        }
        predict(photos, "--as", "npy", "--batch", "3").succeeds();
        TreeSet<String> files = written();
        assertEquals(3 * 23 + 2, files.size());
        byte[] first = Files.readAllBytes(folder.resolve("out/7.depth.npy"));
        predict(photos.resolve("7.png"), "--as", "npy", "--batch", "3", "--overwrite").succeeds();
        float[] alone = PictureFile.open(folder.resolve("out/7.depth.npy")).values("");
        Files.write(folder.resolve("first.npy"), first);
        assertArrayEquals(PictureFile.open(folder.resolve("first.npy")).values(""), alone, 1e-5f,
                "in a batch of another size, sums may be in another order");
    }
}
