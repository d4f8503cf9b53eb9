package io.gimbal.drawing;

import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Some samples at one moment of a training, as small pictures to be set side by side: a row a sample, a column a field
 * of every pixel or of coordinates, without letters and with nothing between the panels, but for what else is known of
 * whole images, in words under its row. All pictures of the same samples are of one height, row by row.
 */
public final class Strip {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final int GAP = 4;
    private static final int LINE = Lettering.HEIGHT + 4;
    private static final int PANEL_WIDTH = 128;
    /** Legible on white and on black. */
    private static final int INK = 0xFF808080;

    private final Sample.Kind kind;
    private final List<Drawing> drawings;
    private final List<Sample> samples;
    private final int width;
    private final int height;

    Strip(Sample.Kind kind, List<Sample> samples) {
        this.kind = kind;
        this.drawings = kind.drawings();
        this.samples = List.copyOf(samples);
        width = kind.width() >= PANEL_WIDTH ? PANEL_WIDTH : kind.width() * Math.round(PANEL_WIDTH
                / (float) kind.width());
        height = Math.max(1, Math.round(kind.height() * (width / (float) kind.width())));
    }

    /** {@return the images, as a PNG} */
    public byte[] inputs() {
        return grid(1, sample -> List.of(Optional.of(smaller(sample.photograph()))), false);
    }

    /** {@return the truths, as a PNG; where there is none, nothing is drawn} */
    public byte[] truths() {
        return grid(drawings.size(), sample -> sample.views().stream().map(Sample.View::truth).toList(), false);
    }

    /** {@return the predictions, as a PNG} */
    public byte[] predictions() {
        return grid(drawings.size(), sample -> sample.views().stream().map(view -> Optional.of(
                view.prediction())).toList(), true);
    }

    /**
     * What the pictures show, as JSON: how many {@code samples}, whether there are {@code truths}, and of each of
     * {@code fields} its {@code name}, a {@code key} in words, a {@code legend} of names and colours, and the {@code
     * scales} of the samples: low, high, unit.
     *
     * @return a JSON object
     */
    public String legend() {
        ObjectNode legend = MAPPER.createObjectNode().put("samples", samples.size()).put("truths", samples.stream()
                .anyMatch(sample -> sample.views().stream().anyMatch(view -> view.truth().isPresent())));
        ArrayNode fields = legend.putArray("fields");
        for (int k = 0; k < drawings.size(); k++) {
            Drawing drawing = drawings.get(k);
            ObjectNode field = fields.addObject().put("name", drawing.field.name()).put("key", drawing.key());
            ArrayNode entries = field.putArray("legend");
            drawing.legend().forEach(entry -> entries.addObject().put("name", entry.name())
                    .put("colour", String.format(Locale.ROOT, "#%06x", entry.colour())));
            ArrayNode scales = field.putArray("scales");
            for (Sample sample : samples) {
                sample.views().get(k).scale().ifPresent(scale -> scales.addArray().add(scale.low()).add(scale.high())
                        .add(scale.unit().strip()));
            }
        }
        return legend.toPrettyString();
    }

    /** The photograph with each pixel the mean of those around it, where the panel is smaller than the image. */
    private int[] smaller(int[] photograph) {
        int reach = kind.width() / width / 2;
        return reach == 0 ? photograph : Drawing.panel(photograph.length, pixel -> mean(photograph, pixel, reach));
    }

    private int mean(int[] photograph, int pixel, int reach) {
        int[] sums = new int[3];
        int count = 0;
        for (int y = pixel / kind.width() - reach; y <= pixel / kind.width() + reach; y++) {
            for (int x = pixel % kind.width() - reach; x <= pixel % kind.width() + reach; x++) {
                if (x >= 0 && x < kind.width() && y >= 0 && y < kind.height()) {
                    int colour = photograph[y * kind.width() + x];
                    sums[0] += colour >> 16 & 255;
                    sums[1] += colour >> 8 & 255;
                    sums[2] += colour & 255;
                    count++;
                }
            }
        }
        return sums[0] / count << 16 | sums[1] / count << 8 | sums[2] / count;
    }

    private byte[] grid(int columns, Function<Sample, List<Optional<int[]>>> panels, boolean spoken) {
        int lines = samples.getFirst().words().size();
        int letters = spoken ? samples.stream().flatMap(sample -> sample.words().stream())
                .mapToInt(words -> Lettering.width(words, 1)).max().orElse(0) : 0;
        int rowHeight = height + GAP + lines * LINE;
        BufferedImage grid = new BufferedImage(Math.max(1, Math.max(columns * (width + GAP) - GAP, letters)),
                samples.size() * rowHeight - GAP, BufferedImage.TYPE_INT_ARGB);
        for (int row = 0; row < samples.size(); row++) {
            List<Optional<int[]>> drawn = panels.apply(samples.get(row));
            for (int column = 0; column < drawn.size(); column++) {
                int x = column * (width + GAP);
                int y = row * rowHeight;
                drawn.get(column).ifPresent(panel -> blit(grid, panel, x, y));
            }
            for (int line = 0; line < lines && spoken; line++) {
                Lettering.draw(grid, samples.get(row).words().get(line), 0, row * rowHeight + height + 2 + line * LINE,
                        1, INK);
            }
        }
        return Png.of(grid);
    }

    private void blit(BufferedImage grid, int[] panel, int x, int y) {
        for (int row = 0; row < height; row++) {
            int from = row * kind.height() / height * kind.width();
            for (int column = 0; column < width; column++) {
                grid.setRGB(x + column, y + row, 0xFF000000 | panel[from + column * kind.width() / width]);
            }
        }
    }
}
