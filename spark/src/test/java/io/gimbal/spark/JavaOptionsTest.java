package io.gimbal.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.Test;

/** The tests run by the options that Spark's own launcher would give them. */
class JavaOptionsTest {
    @Test
    void thisProcessHasTheOptionsOfSparksLauncher() {
        List<String> given = ManagementFactory.getRuntimeMXBean().getInputArguments();
        assertEquals(List.of(), Arrays.stream(JavaModuleOptions.defaultModuleOptionArray()).filter(option -> !given
                .contains(option)).toList());
    }
}
