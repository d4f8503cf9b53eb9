package io.gimbal.proof.page;

import io.gimbal.proof.ProofException;
import io.gimbal.shaded.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;

/** Reads what the proof's processes wrote. */
public final class Json {
    private Json() {}

    public static JsonNode read(Path file) {
        try {
            return Findings.MAPPER.readTree(file.toFile());
        } catch (IOException unreadable) {
            throw new ProofException(file + " cannot be read: " + unreadable.getMessage());
        }
    }
}
