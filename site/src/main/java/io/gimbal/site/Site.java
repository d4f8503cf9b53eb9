package io.gimbal.site;

import io.gimbal.site.Contents.Entry;
import io.gimbal.site.Contents.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Stream;

/** Makes the site: pages of the repository's Markdown, what these link to, and the Javadoc. */
public final class Site {
    private final Path root;
    private final Path out;
    private final Contents contents;
    private final Map<String, Document> documents = new LinkedHashMap<>();
    private final Links links;
    private final Frame frame;
    private final Navigation navigation;

    private Site(Path root, Path out, Contents contents) {
        this.root = root;
        this.out = out;
        this.contents = contents;
        for (Entry entry : contents.entries()) {
            files(entry).forEach(file -> documents.put(file, Document.read(root, file,
                    Addresses.page(file, entry.kind() == Kind.SPLIT), entry.kind() == Kind.SPLIT)));
        }
        links = new Links(root, documents);
        navigation = new Navigation(contents, List.copyOf(documents.values()));
        frame = new Frame(navigation, links.address(contents.start(), ""));
    }

    /**
     * Makes it of a checkout, in a folder that is new, empty, or holds an earlier site.
     *
     * @param arguments the checkout, and the folder
     */
    public static void main(String[] arguments) {
        if (arguments.length != 2) {
            System.err.println("Usage: Site CHECKOUT FOLDER");
            System.exit(2);
        }
        try {
            write(Path.of(arguments[0]), Path.of(arguments[1]), Contents.GIMBAL);
        } catch (SiteException wrong) {
            System.err.println("The site cannot be made: " + wrong.getMessage());
            System.exit(1);
        } catch (IOException failure) {
            System.err.println("The site cannot be written: " + failure);
            System.exit(1);
        }
    }

    static void write(Path root, Path out, Contents contents) throws IOException {
        clear(out);
        new Site(root, out, contents).write();
    }

    private List<String> files(Entry entry) {
        return switch (entry.kind()) {
            case PAGE, SPLIT -> List.of(entry.file());
            case FOLDER -> children(entry.file()).stream().filter(file -> file.endsWith(Addresses.MARKDOWN)).toList();
            case API -> List.of();
        };
    }

    private List<String> children(String folder) {
        try (Stream<Path> children = Files.list(root.resolve(folder))) {
            return children.filter(Files::isRegularFile).map(file -> folder + "/" + file.getFileName()).sorted()
                    .toList();
        } catch (IOException e) {
            throw new SiteException(folder + " cannot be read: " + e.getMessage());
        }
    }

    private void write() throws IOException {
        for (String resource : List.of(Frame.STYLES, Frame.SCRIPT)) {
            write(resource, resource(resource));
        }
        SearchIndex index = new SearchIndex();
        Map<String, String> types = Map.of();
        if (contents.api().isPresent()) {
            ApiDocs api = new ApiDocs(root);
            api.write(out);
            types = api.types();
            index.add(types);
        }
        for (Document document : documents.values()) {
            for (Page page : document.pages()) {
                index.add(page);
                write(page.address(), frame.page(page.address(), page.headings(), page.file(),
                        Markdown.render(page, links, types) + navigation.around(page)));
            }
        }
        for (Entry entry : contents.entries()) {
            if (entry.kind() == Kind.FOLDER) {
                links.address(entry.file(), "");
            }
        }
        writeWhatIsLinkedTo();
        write(SearchIndex.FILE, index.script());
    }

    private void writeWhatIsLinkedTo() throws IOException {
        for (String folder : links.folders()) {
            writeFolder(folder);
        }
        for (String text : links.texts()) {
            writeText(text);
        }
        for (String picture : links.pictures()) {
            Path file = out.resolve(picture);
            Files.createDirectories(file.getParent());
            Files.copy(root.resolve(picture), file);
        }
    }

    private void writeFolder(String folder) throws IOException {
        String address = Addresses.folder(folder);
        StringJoiner lines = new StringJoiner("\n", "<ul>\n", "\n</ul>\n");
        for (String file : children(folder)) {
            String text = documents.containsKey(file) ? documents.get(file).pages().getFirst().title()
                    : file.substring(folder.length() + 1);
            lines.add("<li>" + Html.link(Addresses.relative(address, within(folder, file)), text) + "</li>");
        }
        String title = contents.entries().stream().filter(entry -> entry.file().equals(folder)).map(Entry::title)
                .findFirst().orElse(folder);
        write(address, page(address, title, folder, lines.toString()));
    }

    private String within(String folder, String file) {
        try {
            return links.address(file, "");
        } catch (SiteException wrong) {
            throw new SiteException("the folder " + folder + ", which a page links to, holds " + file + ": "
                    + wrong.getMessage());
        }
    }

    private void writeText(String file) throws IOException {
        String text;
        try {
            text = Files.readString(root.resolve(file), StandardCharsets.UTF_8);
        } catch (CharacterCodingException odd) {
            throw new SiteException(file + " is neither text in UTF-8 nor a picture: link to something else than it,"
                    + " or the folder that holds it.");
        }
        String address = Addresses.text(file);
        write(address, page(address, file, file, "<pre><code>" + Html.escaped(text) + "</code></pre>\n"));
    }

    private String page(String address, String title, String source, String content) {
        return frame.page(address, List.of(new Heading(1, title, "content")), source,
                "<h1>" + Html.escaped(title) + "</h1>\n" + content);
    }

    private void write(String address, String text) throws IOException {
        Path file = out.resolve(address);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Site.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Takes an earlier site away, and nothing else. */
    private static void clear(Path out) throws IOException {
        if (!Files.exists(out)) {
            return;
        }
        try (Stream<Path> inside = Files.list(out)) {
            if (inside.findAny().isPresent() && !Files.exists(out.resolve(Frame.STYLES))) {
                throw new SiteException(out + " holds something else than a site: name another folder.");
            }
        }
        try (Stream<Path> inside = Files.walk(out)) {
            for (Path file : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
