package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchDeviceCommandTest {
    @TempDir
    private Path folder;

    @Test
    void theDeviceIsNamedAndItsCopyAndProductsAreMeasured() throws IOException {
        Path file = folder.resolve("device.json");
        Command command = Command.run("bench", "device", "--device", "soft", "--json", file.toString()).succeeds();
        String[] lines = command.out().split("\n");
        JsonNode line = new ObjectMapper().readTree(lines[lines.length - 1]);
        assertEquals(line, new ObjectMapper().readTree(file.toFile()));
        assertTrue(line.get("soft").booleanValue());
        assertEquals("sm_90", line.get("architecture").textValue());
        assertTrue(line.get("memory_bytes").longValue() > 1 << 20, line::toString);
        for (String library : List.of("driver", "nvrtc", "cublas", "cudnn")) {
            assertTrue(line.at("/versions/" + library).textValue().matches("\\d+\\.\\d+.*"), line::toString);
        }
        double copied = 2.0 * line.at("/copy/bytes").longValue() / line.at("/copy/copy_s/median").doubleValue();
        assertEquals(copied, line.at("/copy/bytes_a_second").doubleValue(), 1e-6 * copied);
        assertEquals(line.at("/copy/bytes_a_second"), line.get("copy_bytes_a_second"));
        double operations = 2 * Math.pow(line.at("/products/size").intValue(), 3);
        for (String precision : List.of("float32", "tf32", "bf16")) {
            JsonNode product = line.at("/products/" + precision);
            double rate = operations / product.at("/product_s/median").doubleValue();
            assertEquals(rate, product.get("flop_a_second").doubleValue(), 1e-6 * rate);
            assertEquals(product.get("flop_a_second"), line.at("/matrix_flop_a_second/" + precision));
            assertTrue(command.out().contains("product in " + precision), command.out());
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsRefusedInASentence() {
        Command.run("bench", "device", "--device", "soft", "--json", folder.resolve("no/such.json").toString())
                .refuses(2, "such.json");
    }
}
