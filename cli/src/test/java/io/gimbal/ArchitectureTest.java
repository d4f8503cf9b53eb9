package io.gimbal;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The order of the packages: each uses only those before it, and the bindings' own types stay inside {@code cuda}. */
class ArchitectureTest {
    private static final List<String> ORDER = List.of("cuda", "device", "config", "storage", "ranks", "picture",
            "dnn", "program", "graph", "graph.operation", "graph.rewrite", "engine", "nn", "loss", "balance",
            "optimizer", "model", "data", "source", "metric", "checkpoint", "export", "train", "drawing", "page",
            "tensorboard", "run", "predict", "replay", "measure", "report", "survey", "experiment", "cli");
    private static final String[] LIBRARY_BINDINGS = {"io.gimbal.cuda.panama..", "io.gimbal.cuda.jcuda.."};
    private static final String[] BINDINGS = Stream.concat(Stream.of("io.gimbal.cuda.checked.."),
            Stream.of(LIBRARY_BINDINGS)).toArray(String[]::new);

    /** Asks for a terminal's width, which has nothing to do with CUDA. */
    private static final String TERMINAL = "io\\.gimbal\\.report\\.Terminal(\\$.*)?";

    /** Calls decoders of pictures, which have nothing to do with CUDA either. */
    private static final String DECODERS = "io\\.gimbal\\.picture\\.Leptonica(\\$.*)?";

    /** What commands show while they work. */
    private static final String BARS = "io\\.gimbal\\.report\\.ProgressBar(\\$.*)?";

    private static JavaClasses production;

    @BeforeAll
    static void readTheClasses() {
        production = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .withImportOption(location -> !location.contains("-tests.jar") && !location.contains("gimbal-shaded"))
                .importPackages("io.gimbal");
    }

    /** The package with those below it, but for those that have a place of their own. */
    private static String tree(String name) {
        boolean divided = ORDER.stream().anyMatch(other -> other.startsWith(name + "."));
        return "io.gimbal." + name + (divided ? "" : "..");
    }

    @Test
    void everyPackageHasItsPlaceInTheOrder() {
        Set<String> found = new TreeSet<>();
        for (JavaClass type : production) {
            String name = type.getPackageName();
            if (!name.equals("io.gimbal")) {
                found.add(name.substring("io.gimbal.".length()).replaceAll("\\..*", ""));
            }
        }
        found.removeAll(ORDER);
        assertEquals(Set.of(), found, "packages without a place in the order " + ORDER);
        assertTrue(production.contain("io.gimbal.config.Config"), "the classes were not read");
    }

    @ParameterizedTest
    @FieldSource("ORDER")
    void aPackageUsesOnlyThoseBeforeIt(String name) {
        int place = ORDER.indexOf(name);
        String[] later = ORDER.subList(place + 1, ORDER.size()).stream().map(ArchitectureTest::tree)
                .toArray(String[]::new);
        if (later.length > 0) {
            noClasses().that().resideInAPackage(tree(name)).should().dependOnClassesThat(resideInAnyPackage(later))
                    .because("each package uses only those before it in " + ORDER)
                    .allowEmptyShould(true).check(production);
        }
    }

    @Test
    void bindingsAreOpenedByTheDeviceAlone() {
        noClasses().that(resideOutsideOfPackages(tree("cuda"), tree("device"))).should()
                .dependOnClassesThat(resideInAnyPackage(BINDINGS))
                .because("the rest sees the four interfaces of io.gimbal.cuda").check(production);
    }

    @Test
    void theInterfacesOfCudaDoNotKnowTheirBindings() {
        noClasses().that().resideInAPackage("io.gimbal.cuda").should()
                .dependOnClassesThat(resideInAnyPackage(BINDINGS))
                .check(production);
    }

    @Test
    void theCheckedModeKnowsNoBindingOfItsOwn() {
        noClasses().that().resideInAPackage("io.gimbal.cuda.checked").should()
                .dependOnClassesThat(resideInAnyPackage(LIBRARY_BINDINGS))
                .because("it wraps any").check(production);
    }

    @Test
    void typesOfABindingStayInsideCuda() {
        noClasses().that(resideOutsideOfPackages(tree("cuda"))).and().haveNameNotMatching(TERMINAL)
                .and().haveNameNotMatching(DECODERS).should()
                .dependOnClassesThat(resideInAnyPackage("java.lang.foreign..", "jcuda..", "org.jcuda..")
                        .or(nameMatching("sun\\.misc\\.Unsafe")))
                .because("device pointers are long above io.gimbal.cuda").check(production);
    }

    @Test
    void packagesFormNoCycles() {
        slices().matching("io.gimbal.(**)").should().beFreeOfCycles().allowEmptyShould(true).check(production);
    }

    @Test
    void nothingButTheCommandLineEndsTheProgram() {
        noClasses().that(resideOutsideOfPackages(tree("cli"))).should().callMethod(System.class, "exit", int.class)
                .orShould().callMethod(Runtime.class, "exit", int.class)
                .orShould().callMethod(Runtime.class, "halt", int.class)
                .because("a library leaves the process to its caller").check(production);
    }

    @Test
    void nothingButTheCommandLineAndItsBarsPrints() {
        noClasses().that(resideOutsideOfPackages(tree("cli"))).and().haveNameNotMatching(BARS).should()
                .accessField(System.class, "out").orShould().accessField(System.class, "err")
                .orShould().callMethod(Throwable.class, "printStackTrace")
                .because("a library leaves the screen to its caller, and says what it must by System.Logger")
                .check(production);
        noClasses().that(resideOutsideOfPackages(tree("cli"))).and().haveNameNotMatching(BARS).should()
                .dependOnClassesThat(nameMatching(BARS)).check(production);
    }
}
