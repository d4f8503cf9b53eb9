package io.gimbal.site;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Node;
import org.commonmark.parser.Parser;

/** A Markdown file, read, with the pages that become of it. */
final class Document {
    private static final Parser PARSER = Parser.builder().extensions(List.of(TablesExtension.create())).build();

    private final String file;
    private final List<Page> pages = new ArrayList<>();
    /** Each anchor's page. */
    private final Map<String, Page> places = new LinkedHashMap<>();
    private final Map<Node, String> anchors = new IdentityHashMap<>();

    private Document(String file) {
        this.file = file;
    }

    /** Reads a file that becomes a page, or, split, a page for each of its sections. */
    static Document read(Path root, String file, String address, boolean split) {
        try {
            return of(file, Files.readString(root.resolve(file), StandardCharsets.UTF_8), address, split);
        } catch (IOException e) {
            throw new SiteException(file + " cannot be read: " + e.getMessage());
        }
    }

    static Document of(String file, String text, String address, boolean split) {
        Document document = new Document(file);
        Node all = PARSER.parse(text);
        document.findAnchors(all);
        document.cut(all, address, split);
        return document;
    }

    String file() {
        return file;
    }

    List<Page> pages() {
        return pages;
    }

    Page page(String anchor) {
        return places.get(anchor);
    }

    /** Of a heading, however deep it stands. */
    String anchor(Node heading) {
        return anchors.get(heading);
    }

    private void findAnchors(Node all) {
        Anchors names = new Anchors();
        all.accept(new AbstractVisitor() {
            @Override
            public void visit(org.commonmark.node.Heading heading) {
                anchors.put(heading, names.of(PlainText.of(heading)));
            }
        });
    }

    /** Moves what stands in the file to its pages. */
    private void cut(Node all, String address, boolean split) {
        Page page = null;
        for (Node node = all.getFirstChild(); node != null;) {
            Node next = node.getNext();
            boolean section = split && node instanceof org.commonmark.node.Heading heading && heading.getLevel() == 2;
            if (page == null || section) {
                page = new Page(this, section ? beside(address, anchors.get(node)) : address, section ? 1 : 0);
                pages.add(page);
            }
            page.take(node, anchors);
            node = next;
        }
        if (pages.isEmpty() || pages.getFirst().headings().isEmpty()) {
            throw new SiteException(file + " has no heading: a page is called by its first one.");
        }
        pages.forEach(one -> one.headings().forEach(heading -> places.put(heading.anchor(), one)));
    }

    private static String beside(String address, String anchor) {
        return address.substring(0, address.lastIndexOf('/') + 1) + anchor + ".html";
    }
}
