package io.gimbal.proof;

import io.gimbal.cuda.LibrarySearch;
import io.gimbal.cuda.SoftwareSearch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What all phases share.
 *
 * @param home   the installation or checkout: the folder that holds {@code gimbal} and {@code bench}
 * @param gpu    whether a GPU is proved, or the software device tried
 * @param out    the run's folder
 * @param scenes a folder of NYU Depth v2, where one was named
 * @param python the Python that may have PyTorch
 */
public record Proof(Path home, boolean gpu, Path out, Optional<Path> scenes, String python) {
    public Path logs() {
        return out.resolve("logs");
    }

    /** The value of {@code --device}. */
    public String device() {
        return gpu ? "gpu" : "soft";
    }

    /** A command of Gimbal's, on the device, in this process's own Java and classes. */
    public Command gimbal(String name, List<String> arguments) {
        List<String> words = java(List.of());
        words.add("io.gimbal.cli.Main");
        words.addAll(arguments);
        words.addAll(List.of("--device", device()));
        return prepared(new Command(name, words));
    }

    /** The start of a command that runs a class of this process's class path. */
    public List<String> java(List<String> options) {
        List<String> words = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Djava.awt.headless=true", "-XX:-UsePerfData",
                "-Dgimbal.softcuda=" + softwareDevice()));
        words.addAll(options);
        words.addAll(List.of("-classpath", System.getProperty("java.class.path")));
        return words;
    }

    /** Engines that one process has timed, and kernels that it compiled, serve the others and stay with the run. */
    public Command prepared(Command command) {
        return command.with("GIMBAL_ENGINES", out.resolve("engines").toString())
                .with("GIMBAL_KERNELS", out.resolve("kernels").toString());
    }

    public Path bench(String file) {
        return home.resolve("bench").resolve(file);
    }

    /** The configuration of a network that is planned and timed. */
    public Path network(String name) {
        return home.resolve("proof").resolve("networks").resolve(name + ".json");
    }

    /** A file of CUDA C++ that is no part of Gimbal. */
    public Path kernel(String file) {
        return home.resolve("proof").resolve("kernels").resolve(file);
    }

    /** The cases of the reference, in a bundle or a checkout. */
    public Path cases() {
        Path packed = home.resolve("tests").resolve("cases");
        return Files.isDirectory(packed) ? packed
                : home.resolve("core").resolve("src").resolve("test").resolve("resources").resolve("cases");
    }

    private static String softwareDevice() {
        return SoftwareSearch.places().stream().map(LibrarySearch.Place::load).filter(load -> load != null)
                .findFirst().orElseThrow(() -> new ProofException("the software device's library is not beside the "
                + "installation: unpack the bundle anew, or build with ./gimbal --version"));
    }
}
