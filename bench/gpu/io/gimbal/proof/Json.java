package io.gimbal.proof;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;

/** Reads what the proof's processes wrote. */
final class Json {
    private Json() {}

    static JsonNode read(Path file) {
        try {
            return Findings.MAPPER.readTree(file.toFile());
        } catch (IOException unreadable) {
            throw new ProofException(file + " cannot be read: " + unreadable.getMessage());
        }
    }
}
