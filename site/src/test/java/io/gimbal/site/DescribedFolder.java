package io.gimbal.site;

import io.gimbal.config.Config;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/** Makes a folder of data as a configuration describes it, with small pictures that are all alike. */
final class DescribedFolder {
    private static final int EXAMPLES = 8;
    private static final int WIDTH = 64;
    private static final int HEIGHT = 48;
    /** What stands in a cell: a number, and something to be a class. */
    private static final List<String> CELLS = List.of("1", "2", "3");

    private final Path folder;

    private DescribedFolder(Path folder) {
        this.folder = folder;
    }

    static void write(Config shown, Path folder) throws IOException {
        DescribedFolder described = new DescribedFolder(folder);
        Config data = shown.object("data");
        switch (data.text("source")) {
            case "nyuv2" -> described.nyu(data.integer("classes", 13));
            case "folder" -> described.folder(data, shown.find("validation"));
            case "table" -> described.lists(data, shown.find("validation"));
            default -> throw new AssertionError("no folder is described here for " + data.text("source"));
        }
    }

    /** How many numbers a row of a table becomes. */
    static int inputs(Config data) {
        Config inputs = data.object("inputs");
        return inputs.keys().stream().mapToInt(name -> inputs.find(name).orElseThrow().isText()
                && inputs.text(name).equals("number") ? 1 : CELLS.size()).sum();
    }

    private void nyu(int classes) throws IOException {
        for (String split : List.of("train", "test")) {
            List<String> names = names(split);
            Files.write(folder.resolve(split + ".txt"), names);
            for (String name : names) {
                picture(split + "/rgb/" + name + ".png", BufferedImage.TYPE_INT_RGB);
                picture(split + "/depth_u8/" + name + ".png", BufferedImage.TYPE_BYTE_GRAY);
                picture(split + "/label" + classes + "/" + name + ".png", BufferedImage.TYPE_BYTE_GRAY);
            }
        }
    }

    private static List<String> names(String list) {
        List<String> names = new ArrayList<>();
        for (int k = 0; k < EXAMPLES; k++) {
            names.add(list.replaceAll("\\W", "_") + "_" + k);
        }
        return names;
    }

    private void folder(Config data, Optional<Config> validation) throws IOException {
        List<String> names = lists(data, validation);
        Config fields = data.object("fields");
        for (String name : names) {
            picture(data.text("image").replace("{name}", name), BufferedImage.TYPE_INT_RGB);
        }
        for (String key : fields.keys()) {
            Config field = fields.object(key);
            if (field.has("file")) {
                field(field, names);
            }
        }
    }

    private void field(Config field, List<String> names) throws IOException {
        switch (field.text("kind")) {
            case "points" -> points(folder.resolve(field.text("file")), field.integer("count"), names);
            case "vectors" -> pictures(field, names, BufferedImage.TYPE_INT_RGB);
            case "depth" -> pictures(field, names, BufferedImage.TYPE_USHORT_GRAY);
            default -> pictures(field, names, BufferedImage.TYPE_BYTE_GRAY);
        }
    }

    private void pictures(Config field, List<String> names, int type) throws IOException {
        for (String name : names) {
            picture(field.text("file").replace("{name}", name), type);
        }
    }

    private void picture(String file, int type) throws IOException {
        Path place = folder.resolve(file);
        Files.createDirectories(place.getParent());
        BufferedImage picture = new BufferedImage(WIDTH, HEIGHT, type);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                picture.getRaster().setSample(x, y, 0, 1 + x / 32);
            }
        }
        ImageIO.write(picture, file.endsWith(".jpg") ? "jpg" : "png", place.toFile());
    }

    private static void points(Path file, int count, List<String> names) throws IOException {
        if (!file.toString().endsWith(".json")) {
            List<String> lines = new ArrayList<>(List.of("name" + IntStream.range(0, 2 * count)
                    .mapToObj(k -> ",c" + k).collect(Collectors.joining())));
            names.forEach(name -> lines.add(name + ",20,20".repeat(count)));
            Files.write(file, lines);
            return;
        }
        StringJoiner images = new StringJoiner(", ");
        StringJoiner annotations = new StringJoiner(", ");
        for (int k = 0; k < names.size(); k++) {
            images.add("{\"id\": %d, \"file_name\": \"%s.jpg\"}".formatted(k, names.get(k)));
            annotations.add("{\"image_id\": %d, \"keypoints\": [20, 20, 2%s]}".formatted(k,
                    ", 0, 0, 0".repeat(count - 1)));
        }
        StringJoiner parts = new StringJoiner(", ");
        for (int k = 0; k < count; k++) {
            parts.add("\"part_" + k + "\"");
        }
        Files.writeString(file, "{\"images\": [" + images + "], \"annotations\": [" + annotations
                + "], \"categories\": [{\"keypoints\": [" + parts + "]}]}");
    }

    /** The lists of both, with a column for whatever is read from one; all names. */
    private List<String> lists(Config data, Optional<Config> validation) throws IOException {
        Set<String> columns = new LinkedHashSet<>(List.of("name"));
        data.find("inputs").ifPresent(inputs -> columns.addAll(inputs.keys()));
        Config fields = data.object("fields");
        fields.keys().stream().map(fields::object).filter(field -> field.has("column")).map(field ->
                field.text("column")).forEach(columns::add);
        List<String> all = new ArrayList<>(list(data.text("list"), columns));
        if (validation.isPresent()) {
            all.addAll(list(validation.get().text("list"), columns));
        }
        return all;
    }

    private List<String> list(String file, Set<String> columns) throws IOException {
        List<String> names = names(file);
        List<String> lines = new ArrayList<>();
        boolean cells = !file.endsWith(".txt");
        if (cells) {
            lines.add(String.join(",", columns));
        }
        for (int k = 0; k < names.size(); k++) {
            String cell = "," + CELLS.get(k % CELLS.size());
            lines.add(names.get(k) + (cells ? cell.repeat(columns.size() - 1) : ""));
        }
        Files.write(folder.resolve(file), lines);
        return names;
    }
}
