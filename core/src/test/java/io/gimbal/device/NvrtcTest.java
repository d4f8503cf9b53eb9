package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cuda.LibrarySearch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The real NVRTC, which needs no GPU, compiles every kernel; none may spill a register. For the architectures before
 * and behind the H200's that is run by hand: tag {@code nvrtc}.
 */
class NvrtcTest {
    private static final List<String> OTHERS = List.of("sm_80", "sm_100");

    private static NvrtcLibrary nvrtc;

    @BeforeAll
    static void findNvrtc() {
        nvrtc = NvrtcLibrary.find(LibrarySearch.ofProcess());
        assumeTrue(nvrtc.refusal().isEmpty(), nvrtc.refusal());
    }

    static List<String> sources() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("kernels"))) {
            List<String> subjects = files.map(file -> file.getFileName().toString()).filter(name ->
                    name.endsWith(".cu"))
                    .map(name -> name.substring(0, name.length() - 3)).sorted().toList();
            assertFalse(subjects.isEmpty(), "kernels/ holds no .cu file");
            return subjects;
        }
    }

    static Stream<Arguments> sourcesForOthers() throws IOException {
        return sources().stream().flatMap(subject -> OTHERS.stream().map(architecture -> Arguments.of(subject,
                architecture)));
    }

    @ParameterizedTest
    @MethodSource("sources")
    void everyKernelCompilesAndSpillsNothing(String subject) {
        compile(subject, "sm_90");
    }

    @ParameterizedTest
    @Tag("nvrtc")
    @MethodSource("sourcesForOthers")
    void everyKernelDoesSoForOtherArchitectures(String subject, String architecture) {
        compile(subject, architecture);
    }

    private static void compile(String subject, String architecture) {
        Map<String, KernelResources> kernels = nvrtc.resources(subject, architecture);
        StringBuilder registers = new StringBuilder(subject + ".cu, " + architecture + ", registers:");
        kernels.forEach((kernel, needs) -> registers.append(' ').append(kernel).append(' ').append(needs.registers()));
        System.out.println(registers);
        assertEquals(new TreeSet<>(KernelSource.read(subject).kernels().keySet()), new TreeSet<>(kernels.keySet()),
                "the kernels that ptxas reported on");
        kernels.forEach((kernel, needs) -> assertTrue(needs.registers() > 0 && needs.residentBlocks(architecture) > 0,
                kernel + ": " + needs));
        Set<String> spilling = new TreeSet<>();
        kernels.forEach((kernel, needs) -> {
            if (needs.spillBytes() > 0) {
                spilling.add(kernel + ": " + needs);
            }
        });
        assertEquals(Set.of(), spilling, () -> subject + ".cu for " + architecture + " spills registers");
    }
}
