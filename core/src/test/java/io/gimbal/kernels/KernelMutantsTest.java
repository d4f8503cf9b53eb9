package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.gimbal.device.PtxUnderTest;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.CancellationToken;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherExecutionRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Makes a fault in the kernels and runs, by PTX, the tests of those that have it: they must fail. Each barrier is taken
 * out in turn; one whose lack no test can notice stands in a list, with the reason. And what only a GPU's code has is
 * got wrong. It takes minutes: run by hand.
 */
@Tag("mutants")
class KernelMutantsTest {
    private static final Pattern BARRIER = Pattern.compile("__syncthreads\\(\\);[^\\n]*\\n\\s*([^\\n]*)");

    /** Barriers, each by its file and the line behind it, that may be missing unnoticed, and why. */
    private static final Map<String, String> UNNOTICED = Map.of(
            "common.cuh, before if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = x;",
            "it lets block_sum be called again; no kernel does without another barrier between",
            "common.cuh, before if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = index;",
            "it lets block_least be called again; no kernel does without another barrier between");

    /** A file of {@code kernels/} with a fault. */
    private record Mutant(String file, String name, String text, String mutated) {}

    private static String text(String file) throws IOException {
        return Files.readString(Path.of("kernels", file));
    }

    private static List<Mutant> withoutABarrier() throws IOException {
        List<Mutant> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of("kernels"))) {
            for (String file : files.map(path -> path.getFileName().toString()).filter(name ->
                    name.matches(".*\\.cuh?")).sorted().toList()) {
                String text = text(file);
                Matcher barrier = BARRIER.matcher(text);
                while (barrier.find()) {
                    all.add(new Mutant(file, file + ", before " + barrier.group(1), text,
                            text.substring(0, barrier.start()) + text.substring(barrier.start() + "__syncthreads();"
                            .length())));
                }
            }
        }
        return all;
    }

    private static Mutant exchanged(String name, String from, String to) throws IOException {
        String text = text("common.cuh");
        assertTrue(text.contains(from), from);
        return new Mutant("common.cuh", name, text, text.replace(from, to));
    }

    private static List<Mutant> withAWrongPart() throws IOException {
        return List.of(exchanged("halves of a pair swapped", ": \"f\"(high), \"f\"(low)", ": \"f\"(low), \"f\"(high)"),
                exchanged("infinity for what is not a number", "__int_as_float(0x7fc00000)",
                        "__int_as_float(0x7f800000)"),
                exchanged("packs whatever the alignment", "return FAST || ((unsigned long long)p",
                        "return true || ((unsigned long long)p"),
                exchanged("one place beyond the end", "end = smaller(end, n);", "end = smaller(end, n + 1);"));
    }

    private static List<Class<?>> kernelTests() throws IOException, URISyntaxException {
        Path folder = Path.of(KernelMutantsTest.class.getResource("KernelMutantsTest.class").toURI()).getParent();
        try (Stream<Path> files = Files.list(folder)) {
            List<Class<?>> classes = new ArrayList<>();
            for (Path file : files.filter(path -> path.toString().endsWith("Test.class")).sorted().toList()) {
                Class<?> type = Class.forName(KernelMutantsTest.class.getPackageName() + "."
                        + file.getFileName().toString().replace(".class", ""), false,
                        KernelMutantsTest.class.getClassLoader());
                if (type.isAnnotationPresent(OnKernelDevice.class)) {
                    classes.add(type);
                }
            }
            return classes;
        } catch (ClassNotFoundException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** The first failure of these classes' tests, which is the last test that runs; null where there is none. */
    private static Throwable firstFailure(Collection<Class<?>> classes) {
        CancellationToken enough = CancellationToken.create();
        List<Throwable> failures = new ArrayList<>();
        LauncherFactory.create().execute(LauncherExecutionRequestBuilder.request(LauncherDiscoveryRequestBuilder
                .request().selectors(classes.stream().map(type -> selectClass(type)).toList()).build())
                .cancellationToken(enough).listeners(new TestExecutionListener() {
                    @Override
                    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                        if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                            failures.add(result.getThrowable().orElseThrow());
                            enough.cancel();
                        }
                    }
                }).build());
        return failures.isEmpty() ? null : failures.getFirst();
    }

    /** For each class the texts that it has compiled. */
    private static Map<Class<?>, Set<String>> textsByClass() throws IOException, URISyntaxException {
        Map<Class<?>, Set<String>> texts = new LinkedHashMap<>();
        for (Class<?> type : kernelTests()) {
            Set<String> seen = new HashSet<>();
            KernelDevice.mutate(text -> {
                seen.add(text);
                return text;
            });
            assertNull(firstFailure(List.of(type)), () -> type + " fails over the kernels as they are");
            texts.put(type, seen);
        }
        return texts;
    }

    /** The names of the mutants that no test notices. */
    private static Set<String> unnoticed(List<Mutant> mutants) throws IOException, URISyntaxException {
        PtxUnderTest.assumeNvrtc();
        Set<String> unnoticed = new TreeSet<>();
        try {
            Map<Class<?>, Set<String>> texts = textsByClass();
            for (Mutant mutant : mutants) {
                List<Class<?>> users = new ArrayList<>(texts.keySet());
                users.removeIf(type -> !texts.get(type).contains(mutant.text));
                assertFalse(users.isEmpty(), () -> "no test compiles " + mutant.file);
                KernelDevice.mutate(text -> text.equals(mutant.text) ? mutant.mutated : text);
                Throwable failure = firstFailure(users);
                System.out.println(mutant.name + ": " + (failure == null ? "not noticed" : failure.getMessage()));
                if (failure == null) {
                    unnoticed.add(mutant.name);
                }
            }
        } finally {
            KernelDevice.mutate(null);
        }
        return unnoticed;
    }

    @Test
    void eachBarrierTakenOutIsNoticed() throws IOException, URISyntaxException {
        assertEquals(new TreeSet<>(UNNOTICED.keySet()), unnoticed(withoutABarrier()));
    }

    @Test
    void whatOnlyAGpusCodeHasIsNoticedWhereItIsWrong() throws IOException, URISyntaxException {
        assertEquals(Set.of(), unnoticed(withAWrongPart()));
    }
}
