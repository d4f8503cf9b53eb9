package io.gimbal.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Makes paths of texts that the user gave. */
public final class FilePath {
    /** What Java puts where an argument's or a variable's bytes are no letter in the locale's character set. */
    private static final char UNREADABLE = '\uFFFD';

    private FilePath() {
    }

    /**
     * The path that a text names.
     *
     * @param text  as the user wrote it
     * @param place where it stands, for messages: {@code "--out"}, or {@link Config#place}
     * @return the path, which need not be there
     * @throws UserException if no file can have that path, or if this process's locale cannot name it: which character
     *                       it is, and what to do
     */
    public static Path of(String text, String place) {
        if (text.isBlank()) {
            throw new UserException(place + " is empty, where the path of a file or folder is needed.");
        }
        String what = place + " is the path " + Names.quote(text);
        text.codePoints().filter(Character::isISOControl).findFirst().ifPresent(point -> {
            throw new UserException(what + ", which holds a control character (code " + point
                    + "). Give the file or folder a name without it.");
        });
        if (text.indexOf(UNREADABLE) >= 0) {
            throw new UserException(what + ", in which letters could not be read by this process's locale ("
                    + System.getProperty("sun.jnu.encoding") + "). Set the environment variable LC_ALL to C.UTF-8; "
                    + "should the name itself not be in UTF-8, give the file or folder another.");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UserException(what + ", which holds letters that this process's locale cannot write ("
                    + System.getProperty("sun.jnu.encoding") + "). Set the environment variable LC_ALL to C.UTF-8, or "
                    + "give the file or folder a name of plain ASCII letters.", e);
        }
    }
}
