package io.gimbal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.balance.FixedWeights;
import io.gimbal.balance.GradNorm;
import io.gimbal.config.Config;
import io.gimbal.device.Precision;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.model.Networks;
import io.gimbal.nn.Layers;
import io.gimbal.optimizer.Adam;
import io.gimbal.optimizer.Schedule;
import io.gimbal.replay.CaseFolders;
import io.gimbal.run.TrainingPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What steps launch, to the last argument. A change that means to leave them as they are changes none of these files;
 * one that means to change them brings those that {@code target/listings} has afterwards.
 */
class ProgramListingTest {
    private static final Path KEPT = Path.of("core/src/test/resources/listings");
    private static final Path FRESH = Path.of("target/listings");
    private static final List<Precision> PRECISIONS = List.of(Precision.FLOAT32, Precision.BF16);
    /** Odd, so that slices of a stack are not all aligned. */
    private static final int BATCH = 3;
    private static final int EXTENT = 64;
    private static final int EPOCH = 4;
    private static final List<Balancing> EVERYWHERE = List.of(GradNorm.withAlpha(1.5), FixedWeights.equal());

    static List<Path> cases() {
        return CaseFolders.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aCaseLaunchesWhatIsKept(Path folder) throws IOException {
        TrainingPlan plan = TrainingPlan.read(Config.read(folder.resolve("case.json")));
        List<Criterion> criteria = plan.step(BATCH, FixedWeights.equal(), Precision.FLOAT32).criteria();
        List<Balancing> rules = new ArrayList<>(EVERYWHERE);
        if (!(plan.balancing() instanceof GradNorm) && !(plan.balancing() instanceof FixedWeights)) {
            rules.add(plan.balancing());
        }
        compare(folder.getFileName().toString(), listings(plan.network(), criteria, rules));
    }

    /** The paper's networks, with a linear head a task. */
    enum Named {
        SEGNET_VGG16(Networks.segnetVgg16(3, EXTENT, EXTENT, Networks.Resolution.QUARTER)),
        SEGNET_VGG16_FULL(Networks.segnetVgg16(3, EXTENT, EXTENT, Networks.Resolution.FULL)),
        RESNET50_FCN(Networks.resnet50Fcn(3, EXTENT, EXTENT));

        private final Network network;

        Named(Network trunk) {
            network = trunk.head("segmentation", Layers.conv2d(13, 1)).head("depth", Layers.conv2d(1, 1))
                    .head("normals", Layers.conv2d(3, 1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aNamedNetworkLaunchesWhatIsKept(Named named) throws IOException, NoSuchAlgorithmException {
        compareHash(named.name().toLowerCase(Locale.ROOT),
                listings(named.network, List.of(Loss.crossEntropy(13), Loss.l1(),
                Loss.cosine()), EVERYWHERE));
    }

    private static String listings(Network network, List<Criterion> criteria, List<Balancing> rules) {
        StringBuilder all = new StringBuilder();
        for (Precision precision : PRECISIONS) {
            for (Balancing rule : rules) {
                String name = rule instanceof FixedWeights ? "equal weights" : rule.getClass().getSimpleName();
                all.append("== ").append(name).append(", ").append(precision.text()).append('\n')
                        .append(ProgramListing.ofStep(new StepPlan(network.graph(BATCH), criteria, rule,
                        Adam.withRate(1e-3), Schedule.constant(1e-3), precision, false, StepPlan.DEFAULT_SEED,
                        EPOCH)));
            }
            all.append("== inference, ").append(precision.text()).append('\n')
                    .append(ProgramListing.ofInference(network.graph(BATCH), precision));
        }
        return all.toString();
    }

    private static void compare(String name, String listing) throws IOException {
        requireKept(name + ".txt", listing, listing);
    }

    /** Of a large one the hash alone is kept. */
    private static void compareHash(String name, String listing) throws IOException, NoSuchAlgorithmException {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(listing.getBytes(StandardCharsets.UTF_8));
        requireKept(name + ".sha256", HexFormat.of().formatHex(hash) + "\n", listing);
    }

    private static void requireKept(String file, String content, String listing) throws IOException {
        Path kept = KEPT.resolve(file);
        String before = Files.exists(kept) ? Files.readString(kept) : "";
        if (!before.equals(content)) {
            Files.createDirectories(FRESH);
            Files.writeString(FRESH.resolve(file), content);
            Files.writeString(FRESH.resolve(file.replace(".sha256", ".txt")), listing);
            assertEquals(before, content, FRESH.resolve(file) + " differs from " + kept
                    + "; where that is meant, copy it there");
        }
    }
}
