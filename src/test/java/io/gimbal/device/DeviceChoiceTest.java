package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
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

    @Test
    void aLibraryThatIsNoneIsRefusedWithTheLoadersReason(@TempDir Path folder) throws IOException {
        Path missing = folder.resolve("libsoftcuda.so");
        String first = assertThrows(IllegalStateException.class, () -> Device.openSoft(missing)).getMessage();
        assertTrue(first.contains(missing + ": cannot open shared object file"), first);
        Files.writeString(missing, "text");
        String second = assertThrows(IllegalStateException.class, () -> Device.openSoft(missing)).getMessage();
        assertTrue(second.contains(missing + ": file too short"), second);
    }

    @Test
    void theSurveyTellsOfBothPlaces() {
        Survey survey = Device.survey();
        assertTrue(survey.software().usable(), survey.describe());
        assertFalse(survey.software().devices().isEmpty());
        assertTrue(survey.software().libraries().getFirst().contains("libsoftcuda.so"), survey.describe());
        assertEquals(4, survey.gpu().libraries().size());
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
