package io.gimbal.cli;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.device.Precision;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that takes another precision than the case or configuration has. */
final class PrecisionOption {
    @Option(names = "--precision", paramLabel = "float32|tf32|bf16",
            description = "What the tensors and their products are computed in (default: as the case or "
                    + "configuration says, else float32).")
    private String text;

    Optional<Precision> given() {
        if (text == null) {
            return Optional.empty();
        }
        List<String> names = Arrays.stream(Precision.values()).map(Precision::text).toList();
        return Optional.of(Precision.named(text).orElseThrow(() -> new UserException("--precision is "
                + Names.quote(text) + "; it may be " + String.join(", ", names))));
    }
}
