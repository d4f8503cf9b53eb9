package io.gimbal.site;

import java.nio.file.Path;

/** Where the repository's files are in the site, which has its folders. */
final class Addresses {
    static final String MARKDOWN = ".md";
    private static final String README = "README.md";
    private static final String INDEX = "index.html";

    private Addresses() {}

    /** Of a Markdown file's page, or, split, its first one. */
    static String page(String file, boolean split) {
        if (file.equals(README) || file.endsWith("/" + README)) {
            return file.substring(0, file.length() - README.length()) + INDEX;
        }
        String stem = file.substring(0, file.length() - MARKDOWN.length());
        return split ? folder(stem) : stem + ".html";
    }

    /** Of the page that lists a folder. */
    static String folder(String folder) {
        return folder + "/" + INDEX;
    }

    /** Of the page that shows a file's text. */
    static String text(String file) {
        return file + ".html";
    }

    /** One address as it is written on the page of another. */
    static String relative(String from, String to) {
        Path folder = Path.of("/" + from).getParent();
        return folder.relativize(Path.of("/" + to)).toString();
    }

    /** The file that is meant by a link in another; empty for the root. */
    static String resolve(String from, String link) {
        Path meant = Path.of("/" + from).getParent().resolve(link).normalize();
        return meant.toString().substring(1);
    }
}
