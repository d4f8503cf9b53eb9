package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What pages show of Maven projects. */
final class ProjectPage {
    private ProjectPage() {}

    /** What is depended on is an artifact of ours, of the version that this is. */
    static void check(Block block) throws Exception {
        Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new ByteArrayInputStream(
                block.text().getBytes(StandardCharsets.UTF_8)));
        Element dependency = document.getDocumentElement();
        assertEquals("dependency", dependency.getTagName(), block.place());
        assertEquals("io.gimbal", text(dependency, "groupId"), block.place());
        String artifact = text(dependency, "artifactId");
        Path pom = modules().stream().filter(module -> Repository.text(module).contains("<artifactId>" + artifact
                + "</artifactId>\n  <")).map(Path::of).findFirst().orElseThrow(() -> new AssertionError(block.place()
                + ": no module makes " + artifact));
        assertEquals(Repository.version(), text(dependency, "version"), block.place());
        NodeList classifier = dependency.getElementsByTagName("classifier");
        assertTrue(classifier.getLength() == 0 || Repository.text(pom.toString()).contains("<classifier>"
                + classifier.item(0).getTextContent() + "</classifier>"), block.place());
    }

    private static String text(Element within, String tag) {
        return within.getElementsByTagName(tag).item(0).getTextContent();
    }

    private static List<String> modules() {
        List<String> poms = new ArrayList<>();
        Pattern.compile("<module>(.*?)</module>").matcher(Repository.text("pom.xml")).results().forEach(module ->
                poms.add(module.group(1) + "/pom.xml"));
        return poms;
    }

    /** Writes the files of a project that a page shows, each with the name that the paragraph before it has. */
    static List<Path> write(String page, Path folder) throws Exception {
        List<Path> files = new ArrayList<>();
        for (Block block : Block.of(page)) {
            if (block.name().isPresent()) {
                Path file = folder.resolve(block.name().get());
                Files.createDirectories(file.getParent());
                files.add(Files.writeString(file, block.text()));
            }
        }
        return files;
    }
}
