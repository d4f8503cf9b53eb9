package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import io.gimbal.device.DnnLibrary;
import io.gimbal.device.Precision;
import io.gimbal.dnn.DeviceDescription;
import io.gimbal.model.SurveyNetworks;
import io.gimbal.run.TrainingPlan;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real cuDNN plans every convolution of a training step of the survey's networks at its sizes, on an H200 that is
 * only described. It takes minutes, and is run by hand: tag {@code plans}.
 */
@Tag("plans")
class SurveyPlansTest {
    private static final int BATCH = 8;
    private static final double GIBI = 1 << 30;
    private static final List<String> NYUD = List.of("baseline resnet50", "baseline hrnet18_small_v2",
            "baseline hrnet18", "cross_stitch resnet50", "nddr_cnn resnet50", "mtan resnet50",
            "pad_net hrnet18_small_v2", "pad_net resnet50", "mti_net hrnet18_small_v2", "mti_net hrnet18",
            "jtrl resnet50", "pap_net resnet50", "pap_net hrnet18_small_v2", "astmt resnet50", "baseline vgg16");
    private static final List<String> PASCAL = List.of("baseline resnet18", "baseline hrnet18_small_v2",
            "cross_stitch resnet18", "nddr_cnn resnet18", "mtan resnet18", "pad_net resnet18",
            "pad_net hrnet18_small_v2", "mti_net hrnet18_small_v2", "mti_net hrnet18", "astmt resnet26",
            "astmt resnet50");

    @BeforeAll
    static void findCudnn() {
        LibraryReport report = DnnLibrary.find(LibrarySearch.ofProcess()).report();
        assumeTrue(report.loaded(), () -> report.describe()
                + "\nInstall NVIDIA's wheels with pip install --target and name their folder in "
                + LibrarySearch.WHEELS);
    }

    @ParameterizedTest
    @EnumSource(names = {"BF16", "TF32"})
    void everyConvolutionHasAnEngine(Precision precision) {
        try (StepPlanner planner = new StepPlanner(DeviceDescription.read("h200"), precision, () -> { })) {
            NYUD.forEach(named -> plan(planner, named, "depth segmentation", 480, 640, precision));
            PASCAL.forEach(named -> plan(planner, named, SurveyNetworks.PASCAL, 512, 512, precision));
        }
    }

    /** Says by name what has no engine, by the planner's own refusal. */
    private static void plan(StepPlanner planner, String named, String tasks, int height, int width,
            Precision precision) {
        String[] parts = named.split(" ");
        TrainingPlan training = TrainingPlan.read(SurveyNetworks.config(parts[0], parts[1], tasks, "", height, width));
        PlannedStep step = planner.plan(training.step(BATCH, training.balancing(), precision));
        assertTrue(step.convolutions().size() > 40, () -> named + " has " + step.convolutions().size());
        step.convolutions().forEach(convolution -> assertTrue(convolution.candidates() > 0, convolution.layer()));
        System.out.printf(Locale.ROOT, "%s, %d x %d, %s: %d convolutions, %.2f GiB, %.1f ms at the limits%n", named,
                height, width, precision.text(), step.convolutions().size(), step.memory().total() / GIBI,
                1e3 * step.cost().seconds());
    }
}
