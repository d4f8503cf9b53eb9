package io.gimbal.proof.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.shaded.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;

class PicturesOfTheProofTest {
    @TempDir
    private Path folder;

    private Document read(String name) throws Exception {
        return DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(folder.resolve(name).toFile());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 280, 1001})
    void curvesHaveALineATaskForLossesAndWeights(int steps) throws Exception {
        List<JsonNode> log = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            log.add(Findings.MAPPER.readTree("{\"loss\": {\"a<b\": %d, \"c\": 2}, \"weight\": {\"a<b\": 1, \"c\": 1}}"
                    .formatted(steps - step)));
        }
        Curves.draw(log, "gradnorm", folder.resolve("curves.svg"));
        Document picture = read("curves.svg");
        assertEquals(4, picture.getElementsByTagName("polyline").getLength());
        String points = picture.getElementsByTagName("polyline").item(0).getAttributes().getNamedItem("points")
                .getTextContent();
        assertEquals(Math.min(280, steps), points.split(" ").length);
    }

    @Test
    void barsAreAsLongAsTheirTimes() throws Exception {
        Bars.draw(List.of(new Bars.Bar("one & two", 2e-3, 1e-3), new Bars.Bar("three", 1e-3, 2e-4)), "title",
                folder.resolve("bars.svg"));
        var rectangles = read("bars.svg").getElementsByTagName("rect");
        List<Double> widths = new ArrayList<>();
        for (int i = 1; i < rectangles.getLength(); i++) {
            widths.add(Double.parseDouble(rectangles.item(i).getAttributes().getNamedItem("width").getTextContent()));
        }
        assertEquals(4, widths.size());
        assertTrue(widths.get(0) > 0);
        assertEquals(widths.get(0) / 2, widths.get(1), 0.1);
        assertEquals(widths.get(0) / 2, widths.get(2), 0.1);
        assertEquals(widths.get(0) / 10, widths.get(3), 0.1);
    }
}
