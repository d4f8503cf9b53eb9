package io.gimbal.proof.phase;

import io.gimbal.proof.Command;
import io.gimbal.proof.Proof;
import io.gimbal.proof.page.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Tests in a process of their own, by JUnit's console launcher, and what its report says.
 *
 * @param ended    how the process ended
 * @param passed   tests that passed
 * @param skipped  tests that were skipped
 * @param failures each failed test with its reason
 */
record TestRun(Command.Ended ended, int passed, int skipped, List<String> failures) {
    private static final String LAUNCHER = "org.junit.platform.console.ConsoleLauncher";
    private static final int LONGEST_REASON = 300;

    /** The words of the command that runs the selected tests of the class path. */
    static List<String> words(Proof proof, List<String> options, Path reports, List<String> selection) {
        List<String> all = new ArrayList<>(options);
        all.add("-Dgimbal.test.device=" + proof.device());
        List<String> words = proof.java(all);
        words.addAll(List.of(LAUNCHER, "execute", "--disable-banner", "--disable-ansi-colors", "--details=tree",
                "--fail-if-no-tests", "--reports-dir=" + reports));
        words.addAll(selection);
        return words;
    }

    /**
     * Runs tests.
     *
     * @param selection the console launcher's options that say which
     * @param seconds   after which they are ended
     */
    static TestRun of(Proof proof, String name, List<String> selection, long seconds) {
        Path reports = proof.logs().resolve(TextFile.named(name) + "-reports");
        Command command = proof.prepared(new Command(name, words(proof, List.of(), reports, selection)));
        return read(command.run(proof.logs(), seconds), reports);
    }

    static TestRun read(Command.Ended ended, Path reports) {
        int passed = 0;
        int skipped = 0;
        List<String> failures = new ArrayList<>();
        for (Element test : testCases(reports)) {
            Element fault = child(test, "failure", "error");
            if (fault != null) {
                failures.add(test.getAttribute("classname").replaceAll(".*\\.", "") + "." + test.getAttribute("name")
                        + ": " + shortened(fault.getAttribute("message")));
            } else if (child(test, "skipped") != null) {
                skipped++;
            } else {
                passed++;
            }
        }
        return new TestRun(ended, passed, skipped, List.copyOf(failures));
    }

    boolean holds() {
        return ended.done() && failures.isEmpty() && passed > 0;
    }

    String summary() {
        return passed + " passed, " + skipped + " skipped, " + failures.size() + " failed";
    }

    /** What went wrong first; "" where nothing did. */
    String note() {
        if (!failures.isEmpty()) {
            return failures.getFirst() + (failures.size() > 1 ? " (and " + (failures.size() - 1) + " more)" : "");
        }
        return ended.done() ? "" : ended.reason();
    }

    private static String shortened(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= LONGEST_REASON ? line : line.substring(0, LONGEST_REASON) + "...";
    }

    private static List<Element> testCases(Path reports) {
        List<Element> cases = new ArrayList<>();
        if (!Files.isDirectory(reports)) {
            return cases;
        }
        try (Stream<Path> files = Files.list(reports)) {
            for (Path file : files.filter(each -> each.toString().endsWith(".xml")).sorted(Comparator.naturalOrder())
                    .toList()) {
                NodeList found = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(file.toFile())
                        .getElementsByTagName("testcase");
                for (int i = 0; i < found.getLength(); i++) {
                    cases.add((Element) found.item(i));
                }
            }
        } catch (IOException | SAXException | ParserConfigurationException damaged) {
            // A process that was ended leaves half a report: its tests do not count.
            return List.of();
        }
        return cases;
    }

    private static Element child(Element test, String... names) {
        for (Node node = test.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && List.of(names).contains(element.getTagName())) {
                return element;
            }
        }
        return null;
    }
}
