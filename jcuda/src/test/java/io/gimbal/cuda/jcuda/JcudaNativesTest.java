package io.gimbal.cuda.jcuda;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JcudaNativesTest {
    @ParameterizedTest
    @CsvSource({"Linux,aarch64", "Mac OS X,aarch64", "Mac OS X,x86_64", "Windows 11,amd64"})
    void platformsThatJcudaHasNoNativesForAreRefusedInOneSentence(String system, String architecture) {
        assertEquals("JCuda has no natives for " + system + " on " + architecture
                + " that Gimbal can use, only for Linux on x86-64: use --binding panama",
                assertThrows(UnsatisfiedLinkError.class,
                () -> JcudaNatives.requirePlatform(system, architecture)).getMessage());
    }

    @Test
    void linuxOnX86IsNotByEitherOfItsNames() {
        assertDoesNotThrow(() -> JcudaNatives.requirePlatform("Linux", "amd64"));
        assertDoesNotThrow(() -> JcudaNatives.requirePlatform("Linux", "x86_64"));
    }
}
