package io.gimbal.proof.page;

import com.fasterxml.jackson.databind.JsonNode;
import io.gimbal.proof.ProofException;
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
