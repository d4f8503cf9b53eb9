package io.gimbal.site;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where the links of the documentation lead in the site. What they lead to beside the pages (texts, pictures, folders)
 * is remembered, since it must be there, too.
 */
final class Links {
    private static final Set<String> PICTURES = Set.of("png", "jpg", "svg");

    private final Path root;
    private final Map<String, Document> documents;
    private final Set<String> texts = new TreeSet<>();
    private final Set<String> pictures = new TreeSet<>();
    private final Set<String> folders = new TreeSet<>();

    /** Over the documents by their files. */
    Links(Path root, Map<String, Document> documents) {
        this.root = root;
        this.documents = documents;
    }

    /** Files that have a page with their text. */
    Set<String> texts() {
        return texts;
    }

    /** Files that are in the site as they are. */
    Set<String> pictures() {
        return pictures;
    }

    /** Folders that have a page with their files. */
    Set<String> folders() {
        return folders;
    }

    /** The destination of a link in Markdown, as it is on the page. */
    String of(Page page, String destination) {
        if (destination.matches("https?://.*")) {
            return destination;
        }
        String[] parts = destination.split("#", 2);
        String file = parts[0].isEmpty() ? page.file() : Addresses.resolve(page.file(), parts[0]);
        String anchor = parts.length == 1 ? "" : parts[1];
        try {
            return Addresses.relative(page.address(), address(file, anchor)) + (anchor.isEmpty() ? "" : "#" + anchor);
        } catch (SiteException wrong) {
            throw new SiteException(page.file() + " links to " + destination + ": " + wrong.getMessage());
        }
    }

    /** Where a file or folder is, at an anchor if that is not empty. */
    String address(String file, String anchor) {
        Document document = documents.get(file);
        if (document == null && Files.isDirectory(root.resolve(file))) {
            document = documents.get(file + "/README.md");
        }
        if (document != null) {
            return address(document, anchor).address();
        }
        if (!anchor.isEmpty()) {
            throw new SiteException("only a page has anchors.");
        }
        return addressBesidePages(file);
    }

    private static Page address(Document document, String anchor) {
        Page page = anchor.isEmpty() ? document.pages().getFirst() : document.page(anchor);
        if (page == null) {
            throw new SiteException(document.file() + " has no heading with the anchor #" + anchor + ".");
        }
        return page;
    }

    private String addressBesidePages(String file) {
        Path found = root.resolve(file);
        if (Files.isDirectory(found)) {
            folders.add(file);
            return Addresses.folder(file);
        }
        if (!Files.isRegularFile(found)) {
            throw new SiteException("there is no such file.");
        }
        if (file.endsWith(Addresses.MARKDOWN)) {
            throw new SiteException("this file has no page; give it an entry in Contents.");
        }
        if (PICTURES.contains(file.substring(file.lastIndexOf('.') + 1))) {
            pictures.add(file);
            return file;
        }
        texts.add(file);
        return Addresses.text(file);
    }
}
