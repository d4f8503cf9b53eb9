package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the pages of the site that was just made refer to is there: files and anchors, the Javadoc's, too. */
class LinksTest {
    private static final Map<Path, Document> PAGES = new HashMap<>();
    /** What a page loads, beside what it links to. */
    private static final List<String> REFERENCES = List.of("href", "src", "srcset", "action", "data", "poster");

    /** A reference of a page. */
    private record Reference(Path page, Element element, String text) {
        boolean leaves() {
            return text.matches("[a-zA-Z][a-zA-Z0-9+.-]*:.*") || text.startsWith("//");
        }

        @Override
        public String toString() {
            return Repository.SITE.relativize(page) + ": " + text;
        }
    }

    @BeforeAll
    static void readThePages() throws IOException {
        try (Stream<Path> files = Files.walk(Repository.SITE)) {
            for (Path file : files.filter(one -> one.toString().endsWith(".html")).toList()) {
                PAGES.put(file, Jsoup.parse(file.toFile(), StandardCharsets.UTF_8.name()));
            }
        }
        assertTrue(PAGES.size() > 200, PAGES.size() + " pages");
    }

    private static List<Reference> references() {
        List<Reference> all = new ArrayList<>();
        PAGES.forEach((page, document) -> REFERENCES.forEach(attribute -> document.getElementsByAttribute(attribute)
                .forEach(element -> all.add(new Reference(page, element, element.attr(attribute))))));
        return all;
    }

    @Test
    void everyReferenceWithinTheSiteLeadsToAFileAndAnAnchorThatAreThere() {
        Set<String> broken = new TreeSet<>();
        int within = 0;
        Map<Path, Set<String>> anchors = new HashMap<>();
        for (Reference reference : references()) {
            if (reference.leaves()) {
                continue;
            }
            within++;
            String[] parts = reference.text().split("#", 2);
            Path file = parts[0].isEmpty() ? reference.page() : reference.page().resolveSibling(decoded(parts[0]
                    .replaceAll("\\?.*", ""))).normalize();
            if (!Files.isRegularFile(file) || !file.startsWith(Repository.SITE)) {
                broken.add(reference + " (no such file)");
            } else if (parts.length == 2 && !parts[1].isEmpty() && !anchors.computeIfAbsent(file, LinksTest::anchors)
                    .contains(decoded(parts[1]))) {
                broken.add(reference + " (no such anchor)");
            }
        }
        assertEquals(Set.of(), broken);
        assertTrue(within > 10_000, within + " references");
    }

    private static String decoded(String address) {
        return URLDecoder.decode(address.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static Set<String> anchors(Path file) {
        Set<String> anchors = new HashSet<>();
        Document page = PAGES.get(file);
        page.getElementsByAttribute("id").forEach(element -> anchors.add(element.id()));
        page.select("a[name]").forEach(element -> anchors.add(element.attr("name")));
        return anchors;
    }

    /** A reader without a network sees all of a page: only what is clicked on may lie elsewhere. */
    @Test
    void nothingIsLoadedFromElsewhere() throws IOException {
        Set<String> elsewhere = new TreeSet<>();
        references().stream().filter(Reference::leaves).filter(reference -> !reference.element().normalName()
                .equals("a") || !reference.text().matches("https?://.*")).forEach(reference -> elsewhere.add(
                reference.toString()));
        Pattern loads = Pattern.compile("(?:@import|url\\()\\s*['\"]?(?:[a-z]+:)?//"
                + "|https?://[^\\s'\"]+\\.(?:js|css|woff2?)");
        try (Stream<Path> files = Files.walk(Repository.SITE)) {
            for (Path file : files.filter(one -> one.toString().matches(".*\\.(css|js)")).toList()) {
                if (!file.endsWith(SearchIndex.FILE) && loads.matcher(Files.readString(file)).find()) {
                    elsewhere.add(file.toString());
                }
            }
        }
        assertEquals(Set.of(), elsewhere);
    }

    /** They are not fetched, but told: the build has no network. */
    @Test
    void linksThatLeaveTheSiteAreToTheWeb() {
        Set<String> hosts = new TreeSet<>();
        references().stream().filter(Reference::leaves).forEach(reference -> hosts.add(reference.text().replaceAll(
                "(https?://[^/]+).*", "$1")));
        assertTrue(hosts.stream().allMatch(host -> host.matches("https?://[\\w.-]+\\.\\w+")), hosts::toString);
        System.out.println("The site links to " + String.join(", ", hosts) + ".");
    }

    @Test
    void noAnchorStandsTwiceOnAPage() {
        List<String> twice = new ArrayList<>();
        PAGES.forEach((page, document) -> {
            Set<String> seen = new HashSet<>();
            document.getElementsByAttribute("id").stream().map(Element::id).filter(id -> !seen.add(id)).forEach(id ->
                    twice.add(Repository.SITE.relativize(page) + "#" + id));
        });
        assertEquals(List.of(), twice);
    }
}
