package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cli.CommandLines;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.NvrtcLibrary;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The kernels that pages show are measured by the commands that stand there, where NVRTC is installed, and what these
 * print is what the page says they do.
 */
class KernelPagesTest {
    private static final String DOTS = "...";
    private static final Pattern VERSION = Pattern.compile("NVRTC ([\\d.]+)");

    @TempDir
    private Path folder;

    static List<String> pages() {
        return Repository.pages().stream().filter(page -> Block.of(page).stream().anyMatch(block ->
                block.language().equals("cuda"))).toList();
    }

    @Test
    void thereAreSuchPages() {
        assertTrue(pages().containsAll(List.of("docs/guide.md", "docs/tutorials/kernels.md")));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void theCommandsPrintWhatThePageShows(String page) throws IOException {
        NvrtcLibrary nvrtc = NvrtcLibrary.find(LibrarySearch.ofProcess());
        assumeTrue(nvrtc.refusal().isEmpty(), nvrtc.refusal());
        List<Block> blocks = Block.of(page);
        for (Block kernel : blocks.stream().filter(block -> block.language().equals("cuda")).toList()) {
            Files.writeString(folder.resolve(kernel.name().orElseThrow()), kernel.text());
        }
        List<String> commands = KernelPage.commands(page);
        assertFalse(commands.isEmpty());
        for (int k = 0; k < blocks.size() - 1; k++) {
            List<String> shown = ShellBlock.commands(blocks.get(k).text());
            if (blocks.get(k).language().equals(Block.SHELL) && commands.contains(shown.getLast())) {
                assertEquals("text", blocks.get(k + 1).language(), () -> "what follows " + shown);
                compare(blocks.get(k + 1), run(shown.getLast()), nvrtc);
            }
        }
    }

    private String run(String command) {
        List<String> arguments = new ArrayList<>(ShellBlock.words(command).stream().skip(1).map(word ->
                word.replaceFirst("^([\\w.]+\\.cu)", folder + "/$1")).toList());
        arguments.addAll(List.of("--device", "soft", "--no-progress"));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLines.run(arguments, new PrintWriter(out, true), new PrintWriter(err, true));
        return (out.toString() + err).replace(folder + "/", "");
    }

    /** The first line names the device; another NVRTC may need other registers. */
    private static void compare(Block block, String printed, NvrtcLibrary nvrtc) {
        List<String> due = block.text().lines().toList();
        List<String> got = printed.lines().filter(line -> !line.startsWith("{")).toList();
        if (!due.getFirst().equals(DOTS)) {
            String version = VERSION.matcher(due.getFirst()).results().findFirst().orElseThrow().group(1);
            assumeTrue(version.equals(nvrtc.compiler().version()), () -> block.place() + " is of NVRTC " + version);
            due = due.subList(1, due.size());
        }
        String pattern = Stream.of(String.join("\n", due).split("(?m)^\\.\\.\\.$", -1)).map(part ->
                part.isEmpty() ? "" : Pattern.quote(part)).reduce((a, b) -> a + "(?s:.*)" + b).orElseThrow();
        String told = String.join("\n", got.subList(1, got.size()));
        assertTrue(Pattern.matches(pattern, told), () -> block.place() + " is not what is printed:\n" + told);
    }
}
