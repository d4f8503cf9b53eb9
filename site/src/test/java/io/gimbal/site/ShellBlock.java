package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.cli.CommandLines;
import io.gimbal.config.Config;
import io.gimbal.run.Settings;
import io.gimbal.run.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.ParameterException;

/**
 * A block of commands: each is read by what it calls. Gimbal's command line parses its arguments, settings are set over
 * the configuration that they are given with, and of other programs what they name of Gimbal must be there.
 */
final class ShellBlock {
    /** Programs of others, of whose arguments nothing is Gimbal's. */
    private static final Set<String> OUTSIDE = Set.of("tensorboard", "ls", "cd", "mkdir");
    private static final List<String> PROGRAMS = List.of("./gimbal ", "--set ", "mvn ", "pip ", "java ", "tar ",
            "proof/prove", "native/", "gimbal-", "GIMBAL_", "tensorboard ");
    /** A word, parts of which may be in quotes. */
    private static final Pattern WORD = Pattern.compile("(?:[^\\s'\"]|'[^']*'|\"[^\"]*\")+");
    private static final Pattern QUOTED = Pattern.compile("'([^']*)'|\"([^\"]*)\"");
    private static final Pattern OPTIONAL = Pattern.compile("(?:^|\\s)\\[[^\\s=]");
    private static final Pattern PROPERTY = Pattern.compile("-D([\\w.]+)(?:=(.*))?");
    private static final List<String> PHASES = List.of("clean", "compile", "test", "package", "verify", "install");

    private final Block block;

    private ShellBlock(Block block) {
        this.block = block;
    }

    static boolean isCommand(String text) {
        return PROGRAMS.stream().anyMatch(text::startsWith);
    }

    static void check(Block block) {
        List<String> commands = commands(block.text());
        assertFalse(commands.isEmpty(), block::place);
        commands.forEach(new ShellBlock(block)::check);
    }

    /** The lines without comments, each with those that go on with it, which begin with a blank. */
    static List<String> commands(String text) {
        return text.replaceAll(" *\\\\?\\R +", " ").lines().map(line -> line.replaceAll("(^|\\s+)#( .*)?$", "").strip())
                .filter(line -> !line.isEmpty()).toList();
    }

    private void check(String command) {
        List<String> words = new ArrayList<>(words(command.replaceAll("^export ", "")));
        while (!words.isEmpty() && words.getFirst().matches("[A-Z_]+=.*")) {
            String variable = words.removeFirst().replaceAll("=.*", "");
            assertTrue(Repository.text("docs/guide.md").contains("`" + variable + "`"), () -> variable
                    + " is not in the guide's table of variables");
        }
        if (words.isEmpty()) {
            return;
        }
        String program = words.getFirst();
        List<String> arguments = words.subList(1, words.size());
        switch (program) {
            case "./gimbal" -> gimbal(command, arguments);
            case "--set" -> gimbal("./gimbal train examples/rooms.json " + command,
                    Stream.concat(Stream.of("train", "examples/rooms.json"), words.stream()).toList());
            case "mvn" -> maven(arguments);
            case "pip" -> wheels(arguments);
            case "java" -> java(arguments);
            case "tar" -> archive(arguments.getLast());
            default -> program(program, command, arguments);
        }
    }

    static List<String> words(String command) {
        return WORD.matcher(command).results().map(word -> QUOTED.matcher(word.group()).replaceAll(quoted ->
                Matcher.quoteReplacement(quoted.group(1) != null ? quoted.group(1) : quoted.group(2)))).toList();
    }

    private void gimbal(String command, List<String> arguments) {
        boolean synopsis = isSynopsis(command);
        for (List<String> read : synopsis ? alternatives(arguments) : List.of(arguments)) {
            try {
                CommandLines.parse(read);
            } catch (ParameterException refused) {
                throw new AssertionError(block.place() + ": " + String.join(" ", read) + ": " + refused.getMessage(),
                        refused);
            }
        }
        if (!synopsis) {
            settings(arguments);
        }
    }

    /** Whether it tells what a command may have, and is none that could be run. */
    static boolean isSynopsis(String command) {
        return OPTIONAL.matcher(command).find() || command.contains("...");
    }

    /** The commands that a synopsis stands for: once with each of its alternatives. */
    private static List<List<String>> alternatives(List<String> synopsis) {
        List<List<String>> written = new ArrayList<>();
        for (int k = 0; k < synopsis.size(); k++) {
            String before = k == 0 ? "" : synopsis.get(k - 1);
            String word = synopsis.get(k).replaceAll("^\\[|\\]$|\\.\\.\\.\\]?$|\\[:NAME\\]\\]?$", "");
            boolean ofAnOption = before.matches("\\[?--[\\w-]+");
            if (word.isEmpty() && !ofAnOption) {
                continue;
            }
            if (word.isEmpty()) {
                written.add(before.endsWith("--device") ? List.of("soft") : List.of("a=1"));
            } else if (ofAnOption && word.matches("[A-Z]+")) {
                written.add(List.of("1"));
            } else {
                written.add(List.of(word.split("\\|")));
            }
        }
        List<List<String>> all = new ArrayList<>();
        for (int k = 0; k < written.size(); k++) {
            for (String choice : written.get(k)) {
                List<String> one = new ArrayList<>(written.stream().map(List::getFirst).toList());
                one.set(k, choice);
                all.add(one);
            }
        }
        return all;
    }

    /** The settings can be set over the configuration that is named, and what comes of it is a training. */
    private void settings(List<String> arguments) {
        List<String> set = new ArrayList<>();
        for (int k = 0; k < arguments.size() - 1; k++) {
            if (arguments.get(k).equals("--set")) {
                set.add(arguments.get(k + 1));
            }
        }
        arguments.stream().filter(word -> word.matches("examples/.*\\.json")).findFirst().ifPresent(file ->
                TrainingPlan.read(Settings.over(Config.read(Repository.ROOT.resolve(file)), set)));
    }

    private void maven(List<String> arguments) {
        String before = "";
        for (String argument : arguments) {
            Matcher property = PROPERTY.matcher(argument);
            if (property.matches()) {
                property(property.group(1), property.group(2));
            } else if (List.of("-f", "-pl").contains(before)) {
                assertTrue(Files.exists(Repository.ROOT.resolve(argument)), () -> block.place() + ": " + argument);
            } else {
                assertTrue(argument.startsWith("-") || PHASES.contains(argument), () -> block.place() + ": mvn "
                        + argument);
            }
            before = argument;
        }
    }

    private void property(String name, String value) {
        if (name.equals("test")) {
            String[] test = value.split("#");
            List<Path> sources = sources(test[0] + ".java");
            assertEquals(1, sources.size(), () -> block.place() + ": there is no test " + test[0]);
            assertTrue(test.length == 1 || text(sources.getFirst()).contains("void " + test[1] + "("), () ->
                    block.place() + ": " + test[0] + " has no " + test[1]);
        } else {
            assertTrue(Repository.text("CONTRIBUTING.md").contains(name) || Repository.text("kernels/README.md")
                    .contains("`" + name + "`"), () -> block.place() + ": the property " + name);
        }
    }

    private static List<Path> sources(String name) {
        try (Stream<Path> files = Files.walk(Repository.ROOT)) {
            return files.filter(file -> file.endsWith(name) && !file.toString().contains("/target/")).toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(Path file) {
        return Repository.text(Repository.ROOT.relativize(file).toString());
    }

    /** What is installed from Python's index is what the continuous integration installs. */
    private void wheels(List<String> arguments) {
        List<String> wheels = arguments.stream().filter(word -> word.startsWith("nvidia-")).toList();
        assertFalse(wheels.isEmpty(), block::place);
        wheels.forEach(wheel -> assertTrue(Repository.text(".ci/run").contains(wheel), () -> block.place() + ": "
                + wheel));
    }

    /** A program that is run from its source is one of the examples, or the one that the page shows. */
    private void java(List<String> arguments) {
        String source = arguments.stream().filter(word -> word.endsWith(".java")).findFirst().orElseThrow(() ->
                new AssertionError(block.place() + " runs no source"));
        boolean shown = Block.of(block.page()).stream().anyMatch(other -> other.language().equals("java")
                && other.text().contains("void main("));
        assertTrue(shown || Files.exists(Repository.ROOT.resolve(source)), () -> block.place() + ": " + source);
        assertTrue(arguments.contains("--enable-native-access=ALL-UNNAMED"), block::place);
    }

    private void archive(String name) {
        assertTrue(name.matches("gimbal-" + Pattern.quote(Repository.version()) + "-linux-x86_64\\.tar\\.xz"), () ->
                block.place() + ": " + name);
    }

    /** A script of the repository, or of a bundle, with options that what reads them knows. */
    private void program(String program, String command, List<String> arguments) {
        if (OUTSIDE.contains(program)) {
            return;
        }
        String script = program.replace("gimbal-" + Repository.version() + "/", "");
        assertTrue(Files.isExecutable(Repository.ROOT.resolve(script)), () -> block.place() + ": there is no program "
                + command);
        String reader = Repository.text(script.equals("proof/prove") ? "proof/java/io/gimbal/proof/Prove.java"
                : script);
        Arrays.stream(String.join(" ", arguments).split("[\\s\\[\\]|]+")).filter(word -> word.startsWith("--"))
                .forEach(word -> assertTrue(reader.contains("\"" + word + "\"") || reader.contains(word + ")"), () ->
                        block.place() + ": " + script + " does not know " + word));
    }
}
