package io.gimbal.site;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.commonmark.node.Node;

/** What the search looks through, as a script, since a page that is opened as a file may load nothing else. */
final class SearchIndex {
    static final String FILE = "search-index.js";

    private final List<String> places = new ArrayList<>();

    /** Adds each heading of a page with the text below it; to be called before the page is rendered. */
    void add(Page page) {
        StringBuilder text = new StringBuilder();
        Heading heading = page.headings().getFirst();
        int next = 0;
        for (Node node = page.content().getFirstChild(); node != null; node = node.getNext()) {
            if (node instanceof org.commonmark.node.Heading) {
                if (next > 0) {
                    add(page.title(), heading, page.address(), text);
                }
                heading = page.headings().get(next++);
                text.setLength(0);
            } else {
                text.append(PlainText.of(node)).append(' ');
            }
        }
        add(page.title(), heading, page.address(), text);
    }

    private void add(String page, Heading heading, String address, StringBuilder text) {
        add(page, heading.text(), address + "#" + heading.anchor(), text.toString());
    }

    /** Adds classes by their addresses. */
    void add(Map<String, String> types) {
        types.forEach((name, address) -> add("Java API", name, address, ""));
    }

    private void add(String page, String heading, String address, String text) {
        places.add("[" + quoted(page) + "," + quoted(heading) + "," + quoted(address) + ","
                + quoted(text.strip().replaceAll("\\s+", " ")) + "]");
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ") + "\"";
    }

    String script() {
        return "gimbalSearch([\n" + String.join(",\n", places) + "\n]);\n";
    }
}
