package io.gimbal.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class GradientPictureTest {
    private static final int BUCKETS = 5;
    private static final String EVIL = "<b>&\"";

    private static GradientPicture.Line line(String name, double first) {
        double[] values = new double[BUCKETS];
        Arrays.setAll(values, bucket -> bucket == 2 ? Double.NaN : first / (1 + bucket));
        return new GradientPicture.Line(name, values);
    }

    private static Document picture(int tasks) throws Exception {
        List<String> names = IntStream.range(0, tasks).mapToObj(task -> task == 0 ? EVIL : "task " + task).toList();
        double[] means = new double[tasks * (tasks - 1) / 2];
        List<GradientPicture.Line> cosines = new ArrayList<>();
        for (int pair = 0; pair < means.length; pair++) {
            means[pair] = pair == 1 ? Double.NaN : pair % 2 == 0 ? 0.5 : -0.25;
            if (pair < GradientSummary.MOST_COURSES) {
                cosines.add(line("pair " + pair, means[pair]));
            }
        }
        List<GradientPicture.Line> norms = names.stream().map(name -> line(name, 1e-3)).toList();
        String svg = GradientPicture.of(new GradientPicture.Log("a <run>", names, means, "the steps 3 to 9", cosines,
                line("condition number", 1e9), norms, 2, ReportPage.STYLES));
        assertFalse(svg.contains("null") || svg.contains("NaN") || svg.contains("Infinity"), svg);
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new ByteArrayInputStream(svg.getBytes(
                StandardCharsets.UTF_8)));
    }

    private static List<String> texts(Document picture) {
        NodeList texts = picture.getElementsByTagName("text");
        return IntStream.range(0, texts.getLength()).mapToObj(k -> texts.item(k).getTextContent()).toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 32})
    void allThatIsDrawnLiesInThePicture(int tasks) throws Exception {
        Document picture = picture(tasks);
        double height = Double.parseDouble(picture.getDocumentElement().getAttribute("height"));
        for (String name : List.of("text", "rect")) {
            NodeList all = picture.getElementsByTagName(name);
            for (int k = 0; k < all.getLength(); k++) {
                Element element = (Element) all.item(k);
                if (element.hasAttribute("y")) {
                    double x = Double.parseDouble(element.getAttribute("x"));
                    double y = Double.parseDouble(element.getAttribute("y"));
                    assertTrue(x >= 0 && x <= 960 && y > 0 && y <= height, () -> name + " at " + x + ", " + y);
                }
            }
        }
        assertEquals(1, texts(picture).stream().filter(text -> text.equals("Gradient norm")).count());
        assertEquals(tasks > 1, texts(picture).stream().anyMatch(text ->
                text.startsWith("Mean cosine over the steps 3 to 9 (")));
        assertEquals(tasks > 1, texts(picture).contains(EVIL), "a name is text, never markup; one line needs none");
    }

    @Test
    void eachPairHasItsNumberOnBothSidesAndItsColour() throws Exception {
        Document picture = picture(3);
        List<String> texts = texts(picture);
        assertEquals(4, texts.stream().filter(text -> text.equals("+0.50")).count());
        assertEquals(2, texts.stream().filter(text -> text.equals("–")).count(), "no mean of what has none");
        NodeList cells = picture.getElementsByTagName("rect");
        assertEquals(1 + 4, cells.getLength(), "the background, and a cell for each number");
        assertEquals("agree", ((Element) cells.item(1)).getAttribute("class"));
        assertEquals("0.35", ((Element) cells.item(1)).getAttribute("fill-opacity"));
    }

    @Test
    void aLineHasAGapWhereTheLogHasNoneAndTheColoursOfTheReportInLightAndDark() throws Exception {
        Document picture = picture(2);
        NodeList paths = picture.getElementsByTagName("path");
        List<String> courses = IntStream.range(0, paths.getLength()).mapToObj(k -> ((Element) paths.item(k))
                .getAttribute("d")).filter(path -> path.contains("L")).toList();
        assertEquals(1 + 1 + 2, courses.size(), "a cosine, the condition, two norms");
        for (String course : courses) {
            assertTrue(Pattern.matches("M[^ML]+L[^ML]+M[^ML]+L[^ML]+", course), course);
        }
        String style = picture.getElementsByTagName("style").item(0).getTextContent();
        assertTrue(style.contains(".c0{stroke:#0072b2}"), style);
        assertTrue(style.indexOf(".c0{stroke:#4da6e8}") > style.indexOf("prefers-color-scheme: dark"), style);
    }
}
