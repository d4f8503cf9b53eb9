package io.gimbal.site;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.commonmark.node.Node;

/** A page that is made of Markdown: of a whole document, or of a section of one. */
final class Page {
    private final Document document;
    private final String address;
    private final int raised;
    private final org.commonmark.node.Document content = new org.commonmark.node.Document();
    private final List<Heading> headings = new ArrayList<>();

    /** Of a section, headings are raised: it begins with one of level 2, and a page with one of level 1. */
    Page(Document document, String address, int raised) {
        this.document = document;
        this.address = address;
        this.raised = raised;
    }

    void take(Node node, Map<Node, String> anchors) {
        content.appendChild(node);
        if (node instanceof org.commonmark.node.Heading heading) {
            heading.setLevel(heading.getLevel() - raised);
            headings.add(new Heading(heading.getLevel(), PlainText.of(heading), anchors.get(heading)));
        }
    }

    Document document() {
        return document;
    }

    String file() {
        return document.file();
    }

    /** Where it is in the site, with {@code /}. */
    String address() {
        return address;
    }

    Node content() {
        return content;
    }

    List<Heading> headings() {
        return headings;
    }

    String title() {
        return headings.getFirst().text();
    }
}
