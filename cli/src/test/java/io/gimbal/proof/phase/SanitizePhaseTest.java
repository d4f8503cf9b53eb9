package io.gimbal.proof.phase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.proof.Clock;
import io.gimbal.proof.Phase;
import io.gimbal.proof.Proof;
import io.gimbal.proof.page.Check;
import io.gimbal.proof.page.Claim;
import io.gimbal.proof.page.Findings;
import io.gimbal.proof.page.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the phase makes of a sanitizer's words, by a program that says them in its place. */
class SanitizePhaseTest {
    @TempDir
    private Path folder;
    private Proof proof;

    @BeforeEach
    void prepare() throws IOException {
        proof = new Proof(folder, true, Files.createDirectory(folder.resolve("out")), Optional.empty(), "python3");
        Files.createDirectory(proof.logs());
    }

    /** Writes a report of one test that passed, and says a line. */
    private List<String> sanitizer(String line) throws IOException {
        Path program = Files.writeString(folder.resolve("compute-sanitizer"), """
                #!/bin/sh
                for word; do case $word in --reports-dir=*) reports=${word#--reports-dir=} ;; esac; done
                case "$*" in *-Dgimbal.test.guards=false*) ;; *) exit 9 ;; esac
                mkdir -p "$reports"
                echo '<testsuite><testcase name="t()" classname="C"/></testsuite>' > "$reports/TEST-x.xml"
                echo '%s'
                """.formatted(line));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return List.of(folder.toString());
    }

    private Findings run(List<String> folders) {
        Findings findings = new Findings(Phase.SANITIZE, Findings.MAPPER.createObjectNode(), true);
        new SanitizePhase(folders).run(proof, findings, new Clock(60));
        return findings;
    }

    @Test
    void fourToolsThatReportNothingAreTheClaim() throws IOException {
        Findings findings = run(sanitizer("========= ERROR SUMMARY: 0 errors"));
        assertEquals(List.of("memcheck", "racecheck", "initcheck", "synccheck", Claim.SANITIZERS.text()),
                findings.checks().stream().map(Check::name).toList());
        assertTrue(findings.checks().stream().allMatch(check -> check.status() == Status.PASSED),
                findings.checks()::toString);
    }

    @Test
    void whatIsReportedFails() throws IOException {
        Findings findings = run(sanitizer("========= RACECHECK SUMMARY: 3 hazards displayed (1 error, 2 warnings)"));
        assertTrue(findings.failed());
        assertEquals("12", findings.checks().getLast().measured());
    }

    @Test
    void aToolThatSaysNothingAtTheEndHasMeasuredNothing() throws IOException {
        Findings findings = run(sanitizer("========= Internal Sanitizer Error"));
        assertTrue(findings.checks().stream().allMatch(check -> check.status() == Status.NOT_MEASURED),
                findings.checks()::toString);
    }

    @Test
    void withoutASanitizerThePhaseSaysWhere() {
        Findings findings = run(List.of(folder.resolve("nowhere").toString()));
        assertEquals(Status.NOT_MEASURED, findings.checks().getFirst().status());
        assertTrue(findings.checks().getFirst().note().contains("nowhere"), findings.checks()::toString);
    }
}
