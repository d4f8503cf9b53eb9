package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

/** A page that shows kernels, with the commands that measure them and what these print. */
final class KernelPage {
    private static final String COMMAND = "./gimbal bench kernel ";

    private KernelPage() {}

    /** A kernel's file is one that a command of the page measures: {@link KernelPagesTest} runs these. */
    static void check(Block block) {
        String file = block.name().orElseThrow(() -> new AssertionError(block.place()
                + ": the paragraph before a kernel ends with its file in code font"));
        assertTrue(commands(block.page()).stream().anyMatch(command -> command.contains(" " + file + " ")), () ->
                block.place() + ": no command of the page measures " + file);
    }

    /** The commands of a page that measure kernels of it, in order. */
    static List<String> commands(String page) {
        return Block.of(page).stream().filter(block -> block.language().equals(Block.SHELL)).flatMap(block ->
                ShellBlock.commands(block.text()).stream()).filter(command -> command.startsWith(COMMAND)
                && !ShellBlock.isSynopsis(command)).toList();
    }
}
