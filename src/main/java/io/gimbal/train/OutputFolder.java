package io.gimbal.train;

import io.gimbal.config.UserException;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that results are written to. */
record OutputFolder(Path path) {
    /** Makes the folder where it is not there yet. */
    static OutputFolder create(Path path) {
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new UserException(path + ": the folder cannot be made: " + e.getMessage(), e);
        }
        return new OutputFolder(path);
    }

    /** Opens a file of it from the start. */
    Writer writer(String name) {
        try {
            return Files.newBufferedWriter(path.resolve(name), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UserException(path.resolve(name) + ": cannot be written: " + e.getMessage(), e);
        }
    }
}
