package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every block of code in the pages is compiled, read or run, by its language. {@code text} is what programs print, and
 * how folders look; a block of another language fails, or without one: it wants a fence that says what it is.
 */
class BlocksTest {
    private static final String TEXT = "text";
    private static final Map<String, Check> CHECKS = Map.of(
            "java", JavaBlock::check,
            "json", JsonBlock::check,
            Block.SHELL, (block, _) -> ShellBlock.check(block),
            "cuda", (block, _) -> KernelPage.check(block),
            "xml", (block, _) -> ProjectPage.check(block));

    /** How a block is held, with a folder to write into. */
    private interface Check {
        void of(Block block, Path folder) throws Exception;
    }

    @TestFactory
    Stream<DynamicTest> everyBlockIsHeld(@TempDir Path folder) {
        return Block.all().stream().filter(block -> !block.language().equals(TEXT)).map(block ->
                DynamicTest.dynamicTest(block.place() + " " + block.language(), () -> {
                    assertTrue(CHECKS.containsKey(block.language()), () -> block.place() + " is of the language '"
                            + block.language() + "': give it a fence with one of " + CHECKS.keySet() + " or " + TEXT);
                    Path own = folder.resolve(block.place().replaceAll("\\W", "_"));
                    CHECKS.get(block.language()).of(block, Files.createDirectory(own));
                }));
    }

    /** Text is not held: no block of anything else hides behind it. */
    @Test
    void textHoldsNoCommands() {
        assertEquals(List.of(), Block.all().stream().filter(block -> block.language().equals(TEXT))
                .filter(block -> block.text().lines().anyMatch(line -> line.strip().startsWith("./gimbal ")))
                .map(Block::place).toList());
    }

    @Test
    void thePagesHaveBlocksOfEveryLanguage() {
        Map<String, Long> counts = Block.all().stream().collect(Collectors.groupingBy(Block::language,
                Collectors.counting()));
        assertTrue(counts.keySet().containsAll(CHECKS.keySet()) && counts.get(Block.SHELL) > 30, counts::toString);
    }
}
