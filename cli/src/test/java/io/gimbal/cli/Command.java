package io.gimbal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What a command line printed, and its exit code. */
record Command(int code, String out, String err) {
    /** Runs it in this process. */
    static Command run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(arguments, new PrintWriter(out, true), new PrintWriter(err, true));
        Command command = new Command(code, out.toString(), err.toString());
        assertFalse(command.err.contains("\tat ") || command.err.contains("Exception")
                || command.err.contains("defect"), command.err);
        return command;
    }

    Command succeeds() {
        assertEquals(0, code, err);
        return this;
    }

    /** Failed with that code and a message that has all of these in it. */
    Command refuses(int expectedCode, String... parts) {
        assertEquals(expectedCode, code, err + out);
        for (String part : parts) {
            assertTrue(err.contains(part), () -> "'" + part + "' is not in: " + err);
        }
        return this;
    }
}
