package io.gimbal.site;

import io.gimbal.site.Contents.Entry;
import io.gimbal.site.Contents.Section;
import java.util.ArrayList;
import java.util.List;

/** The lists of links beside every page. */
final class Navigation {
    private final Contents contents;
    private final List<Document> documents;

    /**
     * @param documents all of the site, in the order of the contents
     */
    Navigation(Contents contents, List<Document> documents) {
        this.contents = contents;
        this.documents = documents;
    }

    /**
     * As HTML.
     *
     * @param address  of the page that it stands beside
     * @param headings of that page, the first being its title
     */
    String beside(String address, List<Heading> headings) {
        StringBuilder html = new StringBuilder();
        for (Section section : contents.sections()) {
            html.append("<h2>").append(Html.escaped(section.title())).append("</h2>\n<ul>\n");
            for (Entry entry : section.entries()) {
                add(html, entry, address, headings);
            }
            html.append("</ul>\n");
        }
        return html.toString();
    }

    private void add(StringBuilder html, Entry entry, String address, List<Heading> headings) {
        switch (entry.kind()) {
            case API -> line(html, address, ApiDocs.START, entry.title(), List.of());
            case PAGE -> line(html, address, Addresses.page(entry.file(), false), entry.title(), headings);
            case SPLIT -> {
                List<Page> pages = pages(entry);
                pages.forEach(page -> line(html, address, page.address(), page == pages.getFirst() ? entry.title()
                        : page.title(), headings));
            }
            case FOLDER -> {
                String list = Addresses.folder(entry.file());
                line(html, address, list, entry.title(), List.of());
                if (address.startsWith(entry.file() + "/")) {
                    pages(entry).forEach(page -> line(html, address, page.address(), page.title(), List.of()));
                }
            }
        }
    }

    private List<Page> pages(Entry entry) {
        return documents.stream().filter(document -> document.file().equals(entry.file())
                || document.file().startsWith(entry.file() + "/")).flatMap(document -> document.pages().stream())
                .toList();
    }

    /** The line of the page itself has the page's sections below it. */
    private static void line(StringBuilder html, String from, String to, String text, List<Heading> headings) {
        if (!from.equals(to)) {
            html.append("<li>").append(Html.link(Addresses.relative(from, to), text)).append("</li>\n");
            return;
        }
        html.append("<li><a href=\"#content\" aria-current=\"page\">").append(Html.escaped(text)).append("</a>");
        List<Heading> sections = headings.stream().skip(1).filter(heading -> heading.level() == 2).toList();
        if (!sections.isEmpty()) {
            html.append("\n<ul>\n");
            sections.forEach(section -> html.append("<li>").append(Html.link("#" + section.anchor(), section.text()))
                    .append("</li>\n"));
            html.append("</ul>");
        }
        html.append("</li>\n");
    }

    /** Links to the page before and the one behind, in the order of the contents. */
    String around(Page page) {
        List<Page> pages = documents.stream().flatMap(document -> document.pages().stream()).toList();
        int place = pages.indexOf(page);
        List<String> links = new ArrayList<>();
        if (place > 0) {
            links.add(step("prev", "\u2190 ", page, pages.get(place - 1), ""));
        }
        if (place < pages.size() - 1) {
            links.add(step("next", "", page, pages.get(place + 1), " \u2192"));
        }
        return "<nav class=\"around\" aria-label=\"Neighbouring pages\">" + String.join("\n", links) + "</nav>\n";
    }

    private static String step(String relation, String before, Page from, Page to, String behind) {
        return "<a rel=\"" + relation + "\" href=\"" + Html.escaped(Addresses.relative(from.address(), to.address()))
                + "\">" + before + Html.escaped(to.title()) + behind + "</a>";
    }
}
