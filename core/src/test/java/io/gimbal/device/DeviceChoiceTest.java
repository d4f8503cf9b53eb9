package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.gimbal.cuda.panama.SharedLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DeviceChoiceTest {
    @Test
    void withoutAGpuAutoOpensTheSoftwareDeviceAndSaysWhy() {
        Survey.Place gpu = Device.survey().gpu();
        try (Device device = Device.open(DeviceKind.AUTO)) {
            assertEquals(!gpu.usable(), device.soft());
            if (device.soft()) {
                assertEquals("no GPU: " + gpu.reason(), device.reason());
                assertTrue(device.describe().contains(device.reason()), device.describe());
            }
        }
    }

    @Test
    void withoutAGpuAskingForOneNamesEveryPlaceTried() {
        Survey.Place gpu = Device.survey().gpu();
        assumeFalse(gpu.usable(), "there is a GPU");
        String message = assertThrows(IllegalStateException.class, () -> Device.open(DeviceKind.GPU)).getMessage();
        assertTrue(message.startsWith("no GPU can be used: " + gpu.reason()), message);
        for (String library : gpu.libraries()) {
            assertTrue(!library.contains("could not be loaded") || message.contains(library), message);
        }
    }

    private static void refuses(Path library, String reason) {
        String message = assertThrows(IllegalStateException.class, () -> Device.openSoft(library)).getMessage();
        assertTrue(message.contains("  " + library + " (as given): " + reason), message);
    }

    /** A truncated one would end the process: the loader maps what its headers name. */
    @Test
    void aLibraryThatIsNoneIsRefusedByNameAndNeverLoaded(@TempDir Path folder) throws IOException {
        Path library = folder.resolve("libsoftcuda.so");
        refuses(library, library + ": cannot open shared object file");
        refuses(folder, "is a folder");
        for (String text : new String[] {"", "text", "text that is as long as the first header of a library would have"
                + " to be"}) {
            Files.writeString(library, text);
            refuses(library, "is no shared library");
        }
        byte[] whole = Files.readAllBytes(Path.of(System.getProperty("gimbal.softcuda")));
        for (int bytes : new int[] {64, 4096, whole.length / 2}) {
            Files.write(library, java.util.Arrays.copyOf(whole, bytes));
            refuses(library, "is cut off: it has " + bytes + " bytes, and its headers name ");
        }
        byte[] foreign = whole.clone();
        foreign[18] = 21;
        Files.write(library, foreign);
        refuses(library, "is a library for another processor (ELF machine 21) than this, ");
        Files.write(library, whole);
        Files.write(folder.resolve("libdnnl.so.3"), java.util.Arrays.copyOf(whole, 5000));
        refuses(library, "needs " + folder.resolve("libdnnl.so.3") + ", which is cut off: it has 5000 bytes");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aLibraryOfSomebodyElsesIsRefusedByTheFirstFunctionThatItLacks() {
        Path mathematics = SharedLibrary.loadedFile("libm.so.6", "cos").map(Path::of).orElseThrow();
        refuses(mathematics, "has no function softcudaSet");
    }

    @Test
    void theSurveyTellsOfBothPlaces() {
        Survey survey = Device.survey();
        assertTrue(survey.software().usable(), survey.describe());
        assertFalse(survey.software().devices().isEmpty());
        assertTrue(survey.software().libraries().getFirst().contains("libsoftcuda.so"), survey.describe());
        assertEquals(5, survey.gpu().libraries().size());
        assertTrue(survey.describe().startsWith("GPU"), survey.describe());
    }

    @Test
    void twoDevicesStandSideBySide() {
        try (Device first = Device.open(DeviceKind.SOFT)) {
            DeviceMemory one = TestDevices.memory(first, 1f);
            DeviceMemory two;
            try (Device second = Device.open(DeviceKind.SOFT)) {
                two = TestDevices.memory(second, 2f);
                assertEquals(2f, TestDevices.floats(second, two)[0]);
            }
            assertEquals(1f, TestDevices.floats(first, one)[0]);
            assertThrows(IllegalStateException.class, two::address);
        }
    }

    @Test
    void versionsReadAsPeopleWriteThem() {
        assertEquals("13.0", DeviceChoice.driverVersion(13000));
        assertEquals("12.4", DeviceChoice.driverVersion(12040));
        assertEquals("9.24.0", DeviceChoice.dnnVersion(92400));
        assertEquals("8.9.7", DeviceChoice.dnnVersion(8907));
    }
}
