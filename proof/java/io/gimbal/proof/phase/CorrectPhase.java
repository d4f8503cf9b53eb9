package io.gimbal.proof.phase;

import io.gimbal.proof.Clock;
import io.gimbal.proof.PhaseWork;
import io.gimbal.proof.Proof;
import io.gimbal.proof.page.Findings;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds what the device computes against what it must: the contract of the bindings, each kernel against its twin in
 * float64, the steps and their lifetimes, and the reference's cases.
 */
public final class CorrectPhase implements PhaseWork {
    private static final List<String> CONTRACTS = List.of("DeviceTest", "ConvolutionTest", "MatrixProductTest",
            "HandOverTest");
    private static final String ALL_PASS = "all pass";

    @Override
    public void run(Proof proof, Findings findings, Clock clock) {
        new Replays(proof, findings).run(clock);
        String side = proof.gpu() ? "Gpu" : "Software";
        tests(proof, findings, clock, "the contract of a device, by Java's foreign functions", contracts(side));
        tests(proof, findings, clock, "the contract of a device, by JCuda", contracts("Jcuda" + side));
        tests(proof, findings, clock, "each kernel against its twin in float64",
                List.of("--select-package=io.gimbal.kernels", "--include-tag=device"));
        tests(proof, findings, clock, "steps, lifetimes and 2,000 steps without growth",
                List.of("--select-package=io.gimbal.train", "--select-package=io.gimbal.engine",
                        "--select-package=io.gimbal.measure",
                        "--include-tag=device", "--exclude-tag=jcuda", "--exclude-tag=jcuda-gpu"));
    }

    private static List<String> contracts(String side) {
        List<String> selection = new ArrayList<>();
        CONTRACTS.forEach(contract -> selection.add("--select-class=io.gimbal.device." + side + contract));
        return selection;
    }

    private static void tests(Proof proof, Findings findings, Clock clock, String name, List<String> selection) {
        TestRun tests = TestRun.of(proof, name, selection, clock.left());
        findings.check(name, tests.holds(), tests.summary(), ALL_PASS, tests.note());
        findings.figures().withArray("tests").addObject().put("name", name).put("passed", tests.passed())
                .put("skipped", tests.skipped()).put("failed", tests.failures().size())
                .put("seconds", tests.ended().seconds());
        if (!tests.failures().isEmpty()) {
            findings.heading("Failed: " + name).list(tests.failures());
        }
        findings.write(proof.out(), clock.passed());
    }
}
