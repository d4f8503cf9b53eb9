package io.gimbal.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.shaded.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page as Chromium shows it; skipped where there is none on the PATH. */
class ReportPageTest {
    private static final String EVIL = "</script><img src=x onerror=alert(1)>";
    private static final int STEPS = 30;

    @TempDir
    private static Path folder;
    private static Path one;
    private static Path two;
    private static Path longRun;
    private static Path diagnosed;
    private static Chromium chromium;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(Chromium.program().isPresent(), "no chromium, chromium-browser or google-chrome on the PATH");
        one = page("one", EVIL, STEPS);
        longRun = page("long", "b", 5000);
        Path told = RunFolders.diagnosed(RunFolders.write(folder.resolve("diagnosed"), "b", STEPS), "b");
        diagnosed = told.resolve("report.html");
        ReportPage.write(List.of(RunRecord.read(told)), diagnosed);
        RunFolders.write(folder.resolve("a"), "b", 30);
        RunFolders.write(folder.resolve("c"), "b", 60);
        Files.writeString(folder.resolve("c/config.json"), "{\"name\": \"c\", \"optimizer\": {\"lr\": 0.25}}");
        Files.writeString(folder.resolve("c/metrics.jsonl"), """
                {"step":40,"depth":{"RMSE":{"unit":"m","value":0.5,"best_constant":1.25,"higher_is_better":false}}}
                """);
        two = folder.resolve("two.html");
        ReportPage.write(Stream.of("a", "c").map(name -> RunRecord.read(folder.resolve(name))).toList(), two);
        chromium = new Chromium(Files.createDirectory(folder.resolve("profile")));
    }

    private static Path page(String name, String other, int steps) {
        Path run = RunFolders.write(folder.resolve(name), other, steps);
        new StripFiles(run.resolve("samples")).write(RunFolders.pictures(1, 2).strip(2), 0, 10);
        Path file = run.resolve("report.html");
        ReportPage.write(List.of(RunRecord.read(run)), file);
        return file;
    }

    @AfterAll
    static void end() {
        if (chromium != null) {
            chromium.close();
        }
    }

    @BeforeEach
    void onALightDesktop() {
        chromium.screen(1200, 900, false);
    }

    private static JsonNode evaluate(String expression) {
        return chromium.evaluate(expression);
    }

    /** A column of a plot's data, as it is drawn. */
    private static JsonNode drawn(String title, int column) {
        return evaluate("gimbal.plots.find(plot => plot.title === " + quoted(title) + ").u.data[" + column + "]");
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "\\\"") + '"';
    }

    private static String text() {
        return evaluate("document.body.innerText").textValue();
    }

    private static void assertQuiet() {
        assertEquals(List.of(), chromium.complaints());
        for (JsonNode request : chromium.named("Network.requestWillBeSent")) {
            String url = request.at("/request/url").textValue();
            assertTrue(url.startsWith("data:") || url.startsWith("file:") && url.endsWith(".html"), url);
        }
        assertEquals(1, chromium.named("Network.requestWillBeSent").stream().filter(request -> request.at(
                "/request/url").textValue().startsWith("file:")).count(), "the page itself");
    }

    @Test
    void thePlotsHaveTheLogsNumbers() {
        chromium.open(one);
        JsonNode steps = drawn("Loss", 0);
        assertEquals(STEPS, steps.size());
        for (int step = 0; step < STEPS; step++) {
            assertEquals(step, steps.get(step).asInt());
            assertEquals((float) RunFolders.loss(0, step), drawn("Loss", 1).get(step).floatValue(), "depth, " + step);
            JsonNode other = drawn("Loss", 3).get(step);
            assertTrue(step == 5 ? other.isNull() : other.floatValue() == (float) RunFolders.loss(1, step),
                    step + ": " + other);
        }
        assertEquals(0.5, drawn("Weight", 1).get(3).asDouble());
        assertEquals(0.25, drawn("Gradient norm", 1).get(STEPS - 1).asDouble());
        assertEquals(List.of(2.0, 1.0, 2.0 / 3), StreamSupport.stream(drawn("depth: RMSE, m", 1).spliterator(), false)
                .map(JsonNode::asDouble).toList());
        assertEquals("[1.25,1.25,1.25]", drawn("depth: RMSE, m", 3).toString());
        assertEquals("[1,2,3]", drawn("depth: RMSE, m", 0).toString(), "by epoch");
        assertQuiet();
    }

    @Test
    void aDiagnosedRunHasItsCosinesTheirMeanOverTheLastEpochAndTheCondition() {
        chromium.open(diagnosed);
        double sum = 0;
        for (int step = 0; step < STEPS; step++) {
            assertEquals((float) RunFolders.cosine(step), drawn("Cosine", 1).get(step).floatValue(), "step " + step);
            JsonNode condition = drawn("Condition number", 1).get(step);
            assertTrue(step == 0 ? condition.isNull() : condition.asDouble() == 1 + step, step + ": " + condition);
            sum += step < STEPS - STEPS / 3 ? 0 : RunFolders.cosine(step);
        }
        double mean = sum / (STEPS / 3);
        String cell = (mean < 0 ? "−" : "+") + String.format(java.util.Locale.ROOT, "%.2f", Math.abs(mean));
        assertEquals("[\"1\",\"" + cell + "\",\"" + cell + "\",\"1\"]", evaluate("[...document.querySelectorAll("
                + "'.cosines tbody td')].map(cell => cell.textContent)").toString());
        assertTrue(text().contains("Over the steps 20 to 29"), ReportPageTest::text);
        assertQuiet();
        chromium.open(one);
        assertFalse(text().contains("How the gradients lie to each other"));
    }

    @Test
    void nothingIsFetchedAndNoTextBecomesMarkup() {
        chromium.open(one);
        assertQuiet();
        assertTrue(text().contains(EVIL), "the task's name is shown as it is");
        assertEquals(0, evaluate("document.querySelectorAll('img[src=x]').length").asInt());
        assertTrue(text().contains("</script><script>alert(1)</script>"), "the configuration, too");
        assertEquals(3, evaluate("document.querySelectorAll('.strip img').length").asInt(),
                "the inputs, the truths and one epoch");
        assertTrue(evaluate("[...document.images].every(image => image.naturalWidth > 0)").booleanValue());
        for (String part : List.of("30 of 60 (50 %) steps", "a device", "1.0 GiB", "better by 46.7 %",
                "× marks 1 rejected step", "53.33 examples a second over 20 steps")) {
            assertTrue(text().contains(part), part + " is not in\n" + text());
        }
    }

    @Test
    void ofALongLogEverySpikeIsSeenAndThePageIsSmall() throws IOException {
        Path log = longRun.resolveSibling("log.jsonl");
        List<String> lines = Files.readAllLines(log);
        lines.set(1234, lines.get(1234).replaceFirst("\"depth\":[0-9.]+", "\"depth\":77.5"));
        Files.write(log, lines);
        ReportPage.write(List.of(RunRecord.read(longRun.getParent())), longRun);
        chromium.open(longRun);
        assertEquals(625, drawn("Loss", 0).size(), "5000 steps by 8");
        assertEquals(77.5, evaluate("Math.max(...gimbal.plots[0].spec.lines[0].high)").asDouble());
        assertTrue(text().contains("each point stands for 8 steps"), text());
        assertTrue(evaluate("gimbal.plots[0].u.scales.y.max").asDouble() >= 77.5, "the spike lies within the plot");
        assertTrue(Files.size(longRun) < 1_000_000, () -> longRun.toFile().length() + " bytes");
        assertQuiet();
    }

    @Test
    void theCursorTellsTheStepAndItsFigures() {
        chromium.open(one);
        JsonNode place = evaluate("document.querySelector('.plot .u-over').getBoundingClientRect().toJSON()");
        double x = place.get("x").asDouble() + place.get("width").asDouble() / 2 + 4;
        double y = place.get("y").asDouble() + 20;
        chromium.call("Input.dispatchMouseEvent", Chromium.node().put("type", "mouseMoved").put("x", x).put("y", y));
        assertEquals("step 15, epoch 1.60", evaluate("document.querySelector('.plot .at').innerText").textValue());
        assertEquals("step 15, epoch 1.60", evaluate("document.querySelectorAll('.plot .at')[1].innerText").textValue(),
                "the plots beside it follow");
        assertEquals("2.714", evaluate("document.querySelector('.plot .value').innerText").textValue());
    }

    @Test
    void aPhoneShowsOneColumnThatAnswersATap() {
        chromium.screen(390, 844, false);
        chromium.call("Emulation.setTouchEmulationEnabled", Chromium.node().put("enabled", true));
        try {
            chromium.open(one);
            assertEquals(390, evaluate("document.documentElement.scrollWidth").asInt(), "nothing sticks out");
            assertEquals(1, evaluate("new Set([...document.querySelectorAll('.plot')].map(plot => "
                    + "plot.getBoundingClientRect().x)).size").asInt());
            evaluate("document.querySelector('.plot').scrollIntoView()");
            JsonNode place = evaluate("document.querySelector('.plot .u-over').getBoundingClientRect().toJSON()");
            double x = place.get("x").asDouble() + place.get("width").asDouble() / 2 + 4;
            double y = place.get("y").asDouble() + 20;
            chromium.call("Input.synthesizeTapGesture", Chromium.node().put("x", x).put("y", y));
            assertTrue(evaluate("document.querySelector('.plot .at').innerText").textValue().startsWith("step 15"),
                    evaluate("document.querySelector('.plot .at').innerText").textValue());
        } finally {
            chromium.call("Emulation.setTouchEmulationEnabled", Chromium.node().put("enabled", false));
        }
    }

    @Test
    void darkColoursAreTakenWhereTheReaderHasThem() {
        chromium.open(one);
        String back = "getComputedStyle(document.body).backgroundColor";
        String light = evaluate(back).textValue();
        chromium.screen(1200, 900, true);
        assertNotEquals(light, evaluate(back).textValue());
        assertEquals("#4da6e8", evaluate("gimbal.plots[0].u.series[2].stroke(gimbal.plots[0].u, 2)").textValue());
        assertQuiet();
    }

    @Test
    void tasksAreSwitchedOffAndLinesSmoothed() {
        chromium.open(one);
        assertEquals("true", evaluate("document.querySelector('.chip').getAttribute('aria-pressed')").textValue());
        evaluate("document.querySelector('.chip').click()");
        assertEquals("false", evaluate("document.querySelector('.chip').getAttribute('aria-pressed')").textValue());
        assertFalse(evaluate("gimbal.plots[0].u.series[2].show").booleanValue());
        assertTrue(evaluate("gimbal.plots[0].u.series[4].show").booleanValue());
        evaluate("(() => { const slide = document.getElementById('smoothing'); slide.value = 1; "
                + "slide.dispatchEvent(new Event('input')); })()");
        // The debiased mean of the first two at 0.6: (0.6 a + b) / 1.6; of figures in float32.
        double due = (0.6 * RunFolders.loss(0, 0) + RunFolders.loss(0, 1)) / 1.6;
        assertEquals(due, drawn("Loss", 2).get(1).asDouble(), 1e-6);
        assertEquals((float) RunFolders.loss(0, 1), drawn("Loss", 1).get(1).floatValue(),
                "the log's own stays behind it");
        assertTrue(drawn("Loss", 4).get(5).isNull(), "a gap stays one");
        assertQuiet();
    }

    @Test
    void everyPlotHasATitleAndItsFiguresAsATable() {
        chromium.open(one);
        int plots = evaluate("gimbal.plots.length").asInt();
        assertTrue(plots >= 7, plots + " plots");
        assertEquals(plots, evaluate("document.querySelectorAll('.plot [role=img][aria-label]').length").asInt());
        evaluate("document.querySelectorAll('.plot details').forEach(details => { details.open = true; })");
        evaluate("new Promise(done => setTimeout(done, 50))");
        assertEquals(plots, evaluate("document.querySelectorAll('.plot table').length").asInt());
        assertTrue(evaluate("document.querySelector('.plot table').innerText").textValue().contains("4\t8"),
                "the first losses");
    }

    @Test
    void severalRunsStandSideBySide() {
        chromium.open(two);
        assertQuiet();
        assertTrue(text().contains("2 runs side by side"));
        assertEquals(60, drawn("Loss: depth", 0).size(), "a line a run over the steps of both");
        assertEquals((float) RunFolders.loss(0, 29), drawn("Loss: depth", 1).get(29).floatValue());
        assertTrue(drawn("Loss: depth", 1).get(30).isNull(), "the shorter one ends");
        assertEquals((float) RunFolders.loss(0, 59), drawn("Loss: depth", 3).get(59).floatValue());
        String results = evaluate("document.querySelector('table').innerText").textValue();
        assertTrue(results.contains("depth\tRMSE\t1.250 m\t0.667 m\t★ 0.500 m"), results);
        assertTrue(text().contains("optimizer.lr\t0.001\t0.25"), text());
        assertFalse(text().contains("tasks.b\t{}\t{}"));
    }

    @Test
    void aRunWithoutASingleStepHasAPage() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Files.writeString(empty.resolve("config.json"), "{}");
        ReportPage.write(List.of(RunRecord.read(empty)), empty.resolve("report.html"));
        chromium.open(empty.resolve("report.html"));
        assertQuiet();
        assertTrue(text().contains("No validation was made yet"), text());
    }
}
