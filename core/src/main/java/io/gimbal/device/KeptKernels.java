package io.gimbal.device;

import io.gimbal.cuda.CacheFolder;
import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.LibraryReport;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A compiler whose CUBINs and PTX are kept on disk, so that the next process compiles nothing: a file each, in the
 * folder that the system property {@value #PROPERTY} or else the environment variable {@value #VARIABLE} names, else in
 * {@code gimbal/kernels} below {@code XDG_CACHE_HOME} or {@code ~/.cache}. A file's name is a digest of all that its
 * content depends on: which NVRTC, the source with its name, its headers, and the options, of which one is the
 * architecture.
 *
 * <p>A file begins with a digest of what follows: one that is damaged or cut off is compiled anew and replaced, and
 * never loaded. That tells chance and not intent, so nobody else may write into the folder that
 * is made. A file is written beside
 * and then moved, so that several processes may use one folder. One that cannot be written is no failure: then nothing
 * is kept. What was not used for {@value #MOST_DAYS} days is deleted. Thread-safe.
 */
final class KeptKernels implements Compiler {
    /** System property with the folder. */
    static final String PROPERTY = "gimbal.kernels";
    /** Environment variable with the folder. */
    static final String VARIABLE = "GIMBAL_KERNELS";
    static final CacheFolder FOLDER = new CacheFolder(PROPERTY, VARIABLE, "kernels");

    private static final int FORM = 1;
    private static final int MOST_DAYS = 90;
    /** Far more than a CUBIN has: what is larger is not read. */
    private static final int MOST_BYTES = 64 << 20;
    private static final int DIGEST_BYTES = 32;
    private static final String CUBIN = ".cubin";
    private static final String PTX = ".ptx";
    private static final String PART = ".part";

    private final Compiler nvrtc;
    private final String stamp;
    private final Path folder;
    private final AtomicBoolean tidied = new AtomicBoolean();

    /**
     * @param nvrtc  compiles what is not kept
     * @param stamp  tells its library from another of the same version
     * @param folder need not be there yet
     */
    KeptKernels(Compiler nvrtc, String stamp, Path folder) {
        this.nvrtc = nvrtc;
        this.stamp = stamp;
        this.folder = folder;
    }

    /** Over a GPU's NVRTC, in this process's folder; the compiler itself where there is no place for one. */
    static Compiler over(Compiler nvrtc, LibraryReport library) {
        return FOLDER.ofProcess().filter(unused -> library.loaded()).<Compiler>map(folder ->
                new KeptKernels(nvrtc, stamp(Path.of(library.path())), folder)).orElse(nvrtc);
    }

    /** A version has two numbers, and libraries of one version differ in what they compile. */
    private static String stamp(Path library) {
        try {
            return Files.size(library) + " " + Files.getLastModifiedTime(library);
        } catch (IOException unreadable) {
            return library.toString();
        }
    }

    @Override
    public String version() {
        return nvrtc.version();
    }

    @Override
    public Compilation compile(String name, String source, List<Header> headers, List<String> options) {
        return kept(name, source, headers, options, CUBIN, nvrtc::compile);
    }

    @Override
    public Compilation compileToPtx(String name, String source, List<Header> headers, List<String> options) {
        return kept(name, source, headers, options, PTX, nvrtc::compileToPtx);
    }

    /** One of the compiler's two functions. */
    private interface Compile {
        Compilation of(String name, String source, List<Header> headers, List<String> options);
    }

    private Compilation kept(String name, String source, List<Header> headers, List<String> options, String suffix,
            Compile compile) {
        Path file = folder.resolve(HexFormat.of().formatHex(key(name, source, headers, options)) + suffix);
        return read(file).orElseGet(() -> {
            Compilation compilation = compile.of(name, source, headers, options);
            write(file, compilation);
            return compilation;
        });
    }

    private byte[] key(String name, String source, List<Header> headers, List<String> options) {
        MessageDigest digest = sha256();
        add(digest, "Gimbal's kernels, form " + FORM);
        add(digest, version());
        add(digest, stamp);
        add(digest, name);
        add(digest, source);
        add(digest, Integer.toString(headers.size()));
        for (Header header : headers) {
            add(digest, header.name());
            add(digest, header.text());
        }
        options.forEach(option -> add(digest, option));
        return digest.digest();
    }

    /** With its length, so that no two lists of texts are alike. */
    private static void add(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** What is kept in a file, if it is there and whole; it counts as used now. */
    private static Optional<Compilation> read(Path file) {
        // Not by a channel, which an interrupt of the thread would close.
        try (FileInputStream in = new FileInputStream(file.toFile())) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            Optional<Compilation> kept = bytes.length > MOST_BYTES ? Optional.empty() : unpacked(bytes);
            if (kept.isPresent()) {
                file.toFile().setLastModified(System.currentTimeMillis());
            }
            return kept;
        } catch (IOException missing) {
            return Optional.empty();
        }
    }

    private static Optional<Compilation> unpacked(byte[] bytes) {
        int start = DIGEST_BYTES + Integer.BYTES;
        if (bytes.length < start) {
            return Optional.empty();
        }
        MessageDigest digest = sha256();
        digest.update(bytes, DIGEST_BYTES, bytes.length - DIGEST_BYTES);
        int log = ByteBuffer.wrap(bytes).getInt(DIGEST_BYTES);
        if (!Arrays.equals(digest.digest(), Arrays.copyOf(bytes, DIGEST_BYTES)) || log < 0
                || log > bytes.length - start) {
            return Optional.empty();
        }
        return Optional.of(new Compilation(Arrays.copyOfRange(bytes, start + log, bytes.length),
                new String(bytes, start, log, StandardCharsets.UTF_8)));
    }

    private static byte[] packed(Compilation compilation) {
        byte[] log = compilation.log().getBytes(StandardCharsets.UTF_8);
        ByteBuffer content = ByteBuffer.allocate(Integer.BYTES + log.length + compilation.image().length)
                .putInt(log.length).put(log).put(compilation.image());
        return ByteBuffer.allocate(DIGEST_BYTES + content.capacity()).put(sha256().digest(content.array()))
                .put(content.array()).array();
    }

    /** That the disk has it is not waited for, since damage is seen. */
    private void write(Path file, Compilation compilation) {
        Path part = folder.resolve(UUID.randomUUID() + PART);
        try {
            createFolder();
            try (FileOutputStream out = new FileOutputStream(part.toFile())) {
                out.write(packed(compilation));
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            if (!tidied.getAndSet(true)) {
                tidy();
            }
        } catch (IOException unwritable) {
            // Then it is compiled again next time.
            part.toFile().delete();
        }
    }

    private void createFolder() throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
            folder.toFile().setWritable(false, false);
            folder.toFile().setWritable(true, true);
        }
    }

    /** Takes away what was not used for long: what other versions have left, and what ended processes were writing. */
    private void tidy() throws IOException {
        Instant oldest = Instant.now().minus(Duration.ofDays(MOST_DAYS));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder,
                "*{" + CUBIN + "," + PTX + "," + PART + "}")) {
            for (Path file : files) {
                if (Files.getLastModifiedTime(file).toInstant().isBefore(oldest)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (DirectoryIteratorException unreadable) {
            throw unreadable.getCause();
        }
    }
}
