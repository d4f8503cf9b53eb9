package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.site.Contents.Entry;
import io.gimbal.site.Contents.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the generator makes of a small repository. */
class SiteTest {
    private static final Contents CONTENTS = new Contents(List.of(
            new Section("Start", List.of(Entry.page("README.md", "Start"), Entry.split("docs/guide.md", "The guide"))),
            new Section("More", List.of(Entry.folder("docs/decisions", "Decisions")))));

    @TempDir
    private Path root;
    private Path out;

    @BeforeEach
    void writeTheRepository() throws IOException {
        out = root.resolve("out");
        put("README.md", """
                # A thing

                See [the guide](docs/guide.md), [its part](docs/guide.md#deep-inside), [a file](examples/a.json),
                [the same](#two), [why](docs/decisions) and [elsewhere](https://example.org/x).

                ![a picture](docs/a.png)

                ## Two

                | key | meaning |
                |---|---|
                | `a < b` | it is less |
                """);
        put("docs/guide.md", """
                # Guide

                [two](#two-parts), [inside](#deep-inside)

                ## Two parts

                Back to [the start](../README.md#two).

                ### Deep inside

                Text of the depths.

                ## The end

                [a decision](decisions/0001-x.md)
                """);
        put("docs/decisions/0001-x.md", "# 0001: X\n\nBecause.\n");
        put("examples/a.json", "{\"a\": \"<b>\"}\n");
        put("docs/a.png", "no matter");
    }

    private void put(String file, String text) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text);
    }

    private Document page(String address) throws IOException {
        Site.write(root, out, CONTENTS);
        return Jsoup.parse(out.resolve(address).toFile());
    }

    private static String href(Document page, String text) {
        return page.select("main a").stream().filter(link -> link.text().equals(text)).findFirst().orElseThrow()
                .attr("href");
    }

    @Test
    void linksBetweenFilesLeadToPagesAndToTheSectionsOfASplitOne() throws IOException {
        Document start = page("index.html");
        assertEquals("docs/guide/index.html", href(start, "the guide"));
        assertEquals("docs/guide/two-parts.html#deep-inside", href(start, "its part"));
        assertEquals("examples/a.json.html", href(start, "a file"));
        assertEquals("index.html#two", href(start, "the same"));
        assertEquals("docs/decisions/index.html", href(start, "why"));
        assertEquals("https://example.org/x", href(start, "elsewhere"));
        assertEquals("docs/a.png", start.select("main img").attr("src"));
        assertTrue(Files.exists(out.resolve("docs/a.png")));
        Document section = page("docs/guide/two-parts.html");
        assertEquals("../../index.html#two", href(section, "the start"));
        assertEquals("../decisions/0001-x.html", href(page("docs/guide/the-end.html"), "a decision"));
    }

    @Test
    void aSectionIsAPageOfItsOwnWhoseHeadingsAreRaised() throws IOException {
        Document section = page("docs/guide/two-parts.html");
        assertEquals(Map.of("h1", "Two parts#", "h2", "Deep inside#"), Map.of("h1", section.select("main h1").text(),
                "h2", section.select("main h2").text()));
        assertEquals("deep-inside", section.select("main h2").attr("id"));
        assertEquals(List.of("\u2190 Guide", "The end \u2192"), section.select(".around a").eachText());
        assertEquals(List.of("Start", "The guide", "Two parts", "Deep inside", "The end", "Decisions"),
                section.select("#contents a").eachText());
        assertEquals("Two parts", section.select("#contents a[aria-current]").text());
        assertEquals("Two parts - Gimbal", section.title());
    }

    @Test
    void filesThatAreNoPagesAreShownAsTheyAre() throws IOException {
        assertEquals("{\"a\": \"<b>\"}\n", page("examples/a.json.html").select("main pre").first().wholeText());
        assertEquals("0001: X", page("docs/decisions/index.html").select("main li a").text());
        assertEquals("a < b", page("index.html").select(".wide td code").text());
    }

    @Test
    void theIndexHasEachHeadingWithItsText() throws IOException {
        Site.write(root, out, CONTENTS);
        String index = Files.readString(out.resolve(SearchIndex.FILE));
        assertTrue(index.contains("[\"Two parts\",\"Deep inside\",\"docs/guide/two-parts.html#deep-inside\","
                + "\"Text of the depths.\"]"), index);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "[x](docs/none.md) | README.md links to docs/none.md: there is no such file.",
        "[x](docs/guide.md#n) | README.md links to docs/guide.md#n: docs/guide.md has no heading with the anchor #n.",
        "[x](#none) | README.md links to #none: README.md has no heading with the anchor #none.",
        "[x](examples/a.json#one) | README.md links to examples/a.json#one: only a page has anchors.",
        "[x](other.md) | README.md links to other.md: this file has no page; give it an entry in Contents.",
        "a <b>bold</b> word | README.md has HTML, \"<b>\": write it in Markdown, or in code font."})
    void whatIsWrongIsRefusedByName(String text, String message) throws IOException {
        put("other.md", "# Other\n");
        put("README.md", "# A thing\n\n" + text + "\n");
        SiteException refused = assertThrows(SiteException.class, () -> Site.write(root, out, CONTENTS));
        assertEquals(message, refused.getMessage());
    }

    @Test
    void whatAFolderHoldsAndCannotBeShownIsRefusedByName() throws IOException {
        put("README.md", "# A thing\n\n## Two\n\n[x](things)\n");
        put("things/none.md", "# None\n");
        assertEquals("the folder things, which a page links to, holds things/none.md: this file has no page; give it an"
                + " entry in Contents.", assertThrows(SiteException.class, () -> Site.write(root, out, CONTENTS))
                .getMessage());
        Files.delete(root.resolve("things/none.md"));
        Files.write(root.resolve("things/numbers.bin"), new byte[] {(byte) 0xff, 0, 1});
        assertTrue(assertThrows(SiteException.class, () -> Site.write(root, out, CONTENTS)).getMessage().startsWith(
                "things/numbers.bin is neither text in UTF-8 nor a picture"));
    }

    @Test
    void aPageWithoutAHeadingIsRefused() throws IOException {
        put("README.md", "Nothing is said.\n");
        assertTrue(assertThrows(SiteException.class, () -> Site.write(root, out, CONTENTS)).getMessage().startsWith(
                "README.md has no heading"));
    }

    @Test
    void anEarlierSiteIsTakenAwayAndNothingElse() throws IOException {
        Site.write(root, out, CONTENTS);
        Files.writeString(out.resolve("stale.html"), "old");
        Site.write(root, out, CONTENTS);
        assertFalse(Files.exists(out.resolve("stale.html")));
        SiteException refused = assertThrows(SiteException.class, () -> Site.write(root, root.resolve("docs"),
                CONTENTS));
        assertTrue(refused.getMessage().contains("holds something else than a site"), refused.getMessage());
        assertTrue(Files.exists(root.resolve("docs/guide.md")));
    }
}
