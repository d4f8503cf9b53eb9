package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cuda.Binding;
import io.gimbal.cuda.Compiler.Compilation;
import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.panama.PanamaBinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The real NVRTC, which needs no GPU, compiles every kernel for each architecture; none may spill a register. */
class NvrtcTest {
    private static final List<String> ARCHITECTURES = List.of("sm_80", "sm_90", "sm_100");
    private static final Pattern KERNEL = Pattern.compile("Compiling entry function '(\\w+)'");
    private static final Pattern SPILLS = Pattern.compile(
            "(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");

    private static Binding binding;

    @BeforeAll
    static void findNvrtc() {
        binding = PanamaBinding.ofGpu(LibrarySearch.ofProcess());
        LibraryReport report = binding.libraries().get(1);
        assumeTrue(report.loaded(), () -> report.describe()
                + "\nInstall NVIDIA's wheels with pip install --target and name their folder in "
                + LibrarySearch.WHEELS);
    }

    static Stream<Arguments> sources() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("kernels"))) {
            List<String> subjects = files.map(file -> file.getFileName().toString()).filter(name ->
                    name.endsWith(".cu"))
                    .map(name -> name.substring(0, name.length() - 3)).sorted().toList();
            assertFalse(subjects.isEmpty(), "kernels/ holds no .cu file");
            return subjects.stream().flatMap(subject -> ARCHITECTURES.stream().map(architecture ->
                    Arguments.of(subject, architecture)));
        }
    }

    @ParameterizedTest
    @MethodSource("sources")
    void everyKernelCompilesAndSpillsNothing(String subject, String architecture) {
        KernelSource source = KernelSource.read(subject);
        List<String> options = new ArrayList<>(KernelOptions.forArchitecture(architecture));
        options.add("--ptxas-options=-v");
        Compilation compilation = binding.compiler().compile(source.file(), source.text(), source.headers(), options);
        assertTrue(compilation.image().length > 0);

        List<String> spills = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        StringBuilder registers = new StringBuilder(subject + ".cu, " + architecture + ", registers:");
        String kernel = "";
        for (String line : compilation.log().lines().toList()) {
            Matcher entry = KERNEL.matcher(line);
            if (entry.find()) {
                kernel = entry.group(1);
                seen.add(kernel);
            }
            Matcher spill = SPILLS.matcher(line);
            if (spill.find() && !(spill.group(2).equals("0") && spill.group(3).equals("0"))) {
                spills.add(kernel + ": " + line.strip());
            }
            Matcher used = REGISTERS.matcher(line);
            if (used.find()) {
                registers.append(' ').append(kernel).append(' ').append(used.group(1));
            }
        }
        System.out.println(registers);
        assertEquals(source.kernels().keySet(), seen, "the kernels that ptxas reported on");
        assertTrue(spills.isEmpty(), () -> subject + ".cu for " + architecture + " spills: " + spills);
    }
}
