package io.gimbal.picture;

import io.gimbal.config.FilePath;
import io.gimbal.config.Names;
import io.gimbal.config.FileFailures;
import io.gimbal.config.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A text file in UTF-8 that names pictures, one a line, each once. Line ends may be any system's, blanks round a name
 * do not count, nor do empty lines and byte order marks. A name may hold blanks and letters of any script, and stand in
 * subfolders (kitchen/0001), but never outside of the folder that it is looked for in.
 */
public final class NameList {
    private static final long LARGEST = 16L << 20;
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private NameList() { }

    /** A name, and the line that it stands in, from 1. */
    public record Entry(String name, int line) { }

    /** @throws UserException naming file and line, if it cannot be read, is no such list, or holds no name */
    public static List<Entry> read(Path list) {
        Map<String, Integer> lines = new HashMap<>();
        List<Entry> entries = new ArrayList<>();
        int line = 0;
        for (String text : text(list).lines().toList()) {
            line++;
            String name = text.replace(BYTE_ORDER_MARK, "").strip();
            if (name.isEmpty()) {
                continue;
            }
            check(name, list + ", line " + line);
            Integer before = lines.putIfAbsent(name, line);
            if (before != null) {
                throw new UserException(list + ", line " + line + ": " + Names.quote(name) + " stands in line " + before
                        + " already; a name stands once.");
            }
            entries.add(new Entry(name, line));
        }
        if (entries.isEmpty()) {
            throw new UserException(list + ": this list is empty; it needs the name of a picture a line, such "
                    + "as 0001.");
        }
        return entries;
    }

    /** @throws UserException if that is no name of a picture */
    public static void check(String name, String place) {
        for (String part : name.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                throw new UserException(place + ": " + Names.quote(name) + " is no name of a picture; a name such as "
                        + "0001, or below subfolders as in kitchen/0001, may stand there, without '.' and '..'.");
            }
        }
        FilePath.of(name, place);
    }

    /** A text file in UTF-8 of at most 16 MiB. */
    public static String text(Path list) {
        byte[] bytes;
        try {
            if (Files.size(list) > LARGEST) {
                throw new UserException(list + ": " + Files.size(list) + " bytes are too many for a list of names.");
            }
            bytes = Files.readAllBytes(list);
        } catch (IOException exception) {
            throw FileFailures.reading(list, exception);
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException malformed) {
            throw new UserException(list + ": not a text file in UTF-8; it needs the name of a picture a line. Save it "
                    + "as UTF-8.", malformed);
        }
    }
}
