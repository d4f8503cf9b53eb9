package io.gimbal.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
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
 * Takes each barrier of {@code kernels/} out in turn and runs, by PTX, the tests of the kernels that have it: they must
 * fail, or the barrier stands in the list of those that may go unnoticed, with the reason. It takes minutes: run by
 * hand.
 */
@Tag("mutants")
class BarriersTest {
    private static final Pattern BARRIER = Pattern.compile("__syncthreads\\(\\);[^\\n]*\\n\\s*([^\\n]*)");

    /** Barriers, each by its file and the line behind it, whose lack no test can notice. */
    private static final Map<String, String> UNNOTICED = Map.of();

    /** Where a barrier stands. */
    private record Barrier(Path file, String text, int begin, String name) {
        /** The file's text without it. */
        String taken() {
            return text.substring(0, begin) + text.substring(begin).replaceFirst("__syncthreads\\(\\);", "");
        }

        int line() {
            return (int) text.substring(0, begin).lines().count();
        }
    }

    private static List<Barrier> barriers() throws IOException {
        List<Barrier> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of("kernels"))) {
            for (Path file : files.filter(path -> path.toString().matches(".*\\.cuh?")).sorted().toList()) {
                String text = Files.readString(file);
                Matcher barrier = BARRIER.matcher(text);
                while (barrier.find()) {
                    all.add(new Barrier(file, text, barrier.start(), file.getFileName() + ", before "
                            + barrier.group(1)));
                }
            }
        }
        return all;
    }

    private static List<Class<?>> kernelTests() throws IOException, URISyntaxException {
        Path folder = Path.of(BarriersTest.class.getResource("BarriersTest.class").toURI()).getParent();
        try (Stream<Path> files = Files.list(folder)) {
            List<Class<?>> classes = new ArrayList<>();
            for (Path file : files.filter(path -> path.toString().endsWith("Test.class")).sorted().toList()) {
                Class<?> type = Class.forName(BarriersTest.class.getPackageName() + "."
                        + file.getFileName().toString().replace(".class", ""), false,
                        BarriersTest.class.getClassLoader());
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
            assertNull(firstFailure(List.of(type)), () -> type + " fails with every barrier in its place");
            texts.put(type, seen);
        }
        return texts;
    }

    @Test
    void eachBarrierTakenOutIsNoticed() throws IOException, URISyntaxException {
        PtxUnderTest.assumeNvrtc();
        Set<String> unnoticed = new TreeSet<>();
        try {
            Map<Class<?>, Set<String>> texts = textsByClass();
            for (Barrier barrier : barriers()) {
                String mutant = barrier.taken();
                KernelDevice.mutate(text -> text.equals(barrier.text) ? mutant : text);
                List<Class<?>> users = texts.keySet().stream().filter(type -> texts.get(type).contains(barrier.text))
                        .<Class<?>>map(type -> type).toList();
                assertFalse(users.isEmpty(), () -> "no test compiles " + barrier.file);
                Throwable failure = firstFailure(users);
                System.out.println(barrier.file + ":" + barrier.line() + ": "
                        + (failure == null ? "unnoticed by " + users : failure.getMessage()));
                if (failure == null) {
                    unnoticed.add(barrier.name);
                }
            }
        } finally {
            KernelDevice.mutate(null);
        }
        assertEquals(new TreeSet<>(UNNOTICED.keySet()), unnoticed);
    }
}
