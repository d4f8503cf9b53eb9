package io.gimbal.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The checkout that these tests are part of. */
final class Repository {
    static final Path ROOT = Path.of("").toAbsolutePath();
    /** The site that the build has just made. */
    static final Path SITE = ROOT.resolve("site").resolve("target").resolve("site");

    private Repository() {}

    /** The Markdown files that become pages. */
    static List<String> pages() {
        List<String> pages = new ArrayList<>();
        for (Contents.Entry entry : Contents.GIMBAL.entries()) {
            switch (entry.kind()) {
                case PAGE, SPLIT -> pages.add(entry.file());
                case FOLDER -> pages.addAll(markdown(entry.file()));
                case API -> { }
            }
        }
        return pages;
    }

    private static List<String> markdown(String folder) {
        try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
            return files.map(file -> folder + "/" + file.getFileName()).filter(file -> file.endsWith(".md")).sorted()
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static String text(String file) {
        try {
            return Files.readString(ROOT.resolve(file));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Gimbal's, as its pom has it. */
    static String version() {
        Matcher version = Pattern.compile("<version>(.*?)</version>").matcher(text("pom.xml"));
        if (!version.find()) {
            throw new IllegalStateException("pom.xml has no version");
        }
        return version.group(1);
    }
}
