package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The search works in a browser that opens the pages as files. */
class SearchTest {
    @TempDir
    private Path folder;

    private static Optional<Path> chromium() {
        return Stream.of(System.getenv("PATH").split(":")).flatMap(path -> Stream.of("chromium", "chromium-browser",
                "google-chrome").map(name -> Path.of(path, name))).filter(Files::isExecutable).findFirst();
    }

    /** The page as it is once its scripts have run. */
    private Document opened(String page) throws IOException, InterruptedException {
        Optional<Path> program = chromium();
        assumeTrue(program.isPresent(), "no chromium, chromium-browser or google-chrome on the PATH");
        Path html = folder.resolve("page.html");
        Path complaints = folder.resolve("complaints");
        Process process = new ProcessBuilder(program.get().toString(), "--headless", "--no-sandbox", "--disable-gpu",
                "--user-data-dir=" + folder.resolve("profile"), "--enable-logging=stderr", "--dump-dom",
                Repository.SITE.toUri() + page).redirectOutput(html.toFile()).redirectError(complaints.toFile())
                .start();
        assertTrue(process.waitFor(2, TimeUnit.MINUTES), "Chromium takes too long");
        List<String> told = Files.readAllLines(complaints).stream().filter(line -> line.contains("CONSOLE")).toList();
        assertEquals(List.of(), told);
        return Jsoup.parse(html.toFile());
    }

    @Test
    void wordsAreFoundInHeadingsFirstAndResultsLeadToTheirPlaces() throws IOException, InterruptedException {
        Document page = opened("docs/guide/devices.html?q=checked%20MODE");
        List<Element> found = page.select("#found a");
        assertFalse(page.select("#found").hasAttr("hidden"));
        assertTrue(found.size() > 1, found::toString);
        assertEquals("Devices: Checked mode", found.getFirst().text());
        assertEquals(Repository.SITE.toUri() + "docs/guide/devices.html#checked-mode", found.getFirst().attr("href"));
        assertTrue(page.select("#found span").stream().allMatch(text -> text.text().length() < 300));
    }

    @Test
    void classesAreFound() throws IOException, InterruptedException {
        List<Element> found = opened("index.html?q=PredictorOptions").select("#found a");
        assertEquals(Repository.SITE.toUri() + "api/io/gimbal/predict/PredictorOptions.html",
                found.getFirst().attr("href"));
    }

    @Test
    void whatIsNowhereIsToldAndAPageThatIsNotAskedShowsNothing() throws IOException, InterruptedException {
        assertEquals("Nothing found.", opened("index.html?q=xylophone").select("#found").text());
        assertTrue(opened("index.html").select("#found").hasAttr("hidden"));
    }
}
