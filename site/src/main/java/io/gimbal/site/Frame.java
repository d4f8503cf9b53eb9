package io.gimbal.site;

import java.util.List;

/** What is around the content of every page. */
final class Frame {
    static final String STYLES = "site.css";
    static final String SCRIPT = "search.js";

    private final Navigation navigation;
    private final String start;

    /**
     * @param start the address of the page that the site's name links to
     */
    Frame(Navigation navigation, String start) {
        this.navigation = navigation;
        this.start = start;
    }

    /**
     * A whole page.
     *
     * @param headings the page's, the first being its title
     * @param source   the file that it is made of
     */
    String page(String address, List<Heading> headings, String source, String content) {
        String top = Addresses.relative(address, "");
        String title = headings.getFirst().text();
        return """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <title>%s</title>
                <link rel="stylesheet" href="%s">
                <script src="%s" defer></script>
                </head>
                <body>
                <header>
                <a class="name" href="%s">Gimbal</a>
                <a class="to-contents" href="#contents">Contents</a>
                <search><input id="search" type="search" placeholder="Search" aria-label="Search" \
                autocomplete="off"><ol id="found" hidden></ol></search>
                </header>
                <main id="content">
                %s<p class="source">From <code>%s</code></p>
                </main>
                <nav id="contents" aria-label="Contents">
                %s</nav>
                </body>
                </html>
                """.formatted(Html.escaped(title.equals("Gimbal") ? title : title + " - Gimbal"),
                Addresses.relative(address, STYLES), Addresses.relative(address, SCRIPT),
                Addresses.relative(address, start), content, Html.escaped(source),
                navigation.beside(address, headings));
    }
}
