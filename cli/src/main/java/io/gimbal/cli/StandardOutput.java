package io.gimbal.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;

/**
 * Standard output that remembers why it could not be written, since writers for the screen keep failures to themselves.
 * What a command does besides goes on. For one thread.
 */
final class StandardOutput {
    private static final int FAILED = 1;

    private final OutputStream out;
    private final PrintWriter writer;
    private IOException failure;

    StandardOutput(OutputStream out, Charset charset) {
        this.out = out;
        this.writer = new PrintWriter(new OutputStreamWriter(new Remembering(), charset), true);
    }

    /** The process's own. */
    static StandardOutput ofProcess() {
        return new StandardOutput(new FileOutputStream(FileDescriptor.out), System.out.charset());
    }

    PrintWriter writer() {
        return writer;
    }

    /**
     * Writes what is left, tells if anything could not be written, and returns the exit code: the given one, but not 0
     * where something was lost.
     */
    int end(int code, PrintWriter err) {
        writer.flush();
        if (failure == null) {
            return code;
        }
        err.println("gimbal: standard output cannot be written: " + failure.getMessage() + ".");
        return code == 0 ? FAILED : code;
    }

    /** Passes on until it fails; a gap in the output would be worse than its end. */
    private final class Remembering extends OutputStream {
        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            if (failure != null) {
                throw failure;
            }
            try {
                out.write(bytes, from, count);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }
    }
}
