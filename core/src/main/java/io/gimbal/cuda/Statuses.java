package io.gimbal.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The names of one library's statuses, by a table of Gimbal's own ({@code statuses.txt}, from NVIDIA's headers), so
 * that every binding tells a status alike and none depends on what its library or wrapper knows. Immutable and
 * thread-safe.
 */
public final class Statuses {
    /** The name of a status that the table lacks. */
    public static final String UNKNOWN = "a status that Gimbal does not know";

    private static final String TABLE = "statuses.txt";
    private static final long CUDNN_9 = 90000;
    private static final Map<String, SortedMap<Integer, String>> SECTIONS = read();

    /** {@code CUresult}, of the driver. */
    public static final Statuses DRIVER = new Statuses("driver");
    /** {@code nvrtcResult}, of NVRTC. */
    public static final Statuses COMPILER = new Statuses("nvrtc");
    /** {@code cublasStatus_t}, of cuBLAS. */
    public static final Statuses BLAS = new Statuses("cublas");
    /** {@code ncclResult_t}, of NCCL. */
    public static final Statuses COLLECTIVES = new Statuses("nccl");

    private static final Statuses DNN_8 = new Statuses("cudnn 8");
    private static final Statuses DNN_9 = new Statuses("cudnn 9");

    private final SortedMap<Integer, String> names;

    private Statuses(String section) {
        SortedMap<Integer, String> known = SECTIONS.get(section);
        if (known == null) {
            throw new IllegalStateException(TABLE + " has the sections " + SECTIONS.keySet() + " but not " + section);
        }
        this.names = Collections.unmodifiableSortedMap(known);
    }

    /**
     * {@code cudnnStatus_t}, which cuDNN 9 numbers otherwise than cuDNN 8.
     *
     * @param version the running library's, by {@link Dnn#version()}
     */
    public static Statuses ofDnn(long version) {
        return isBeforeDnn9(version) ? DNN_8 : DNN_9;
    }

    /** Whether a version that {@link Dnn#version()} returned is of cuDNN 8 or older. */
    static boolean isBeforeDnn9(long version) {
        return version < CUDNN_9;
    }

    /** The status's name as in the C header, such as {@code CUDA_ERROR_OUT_OF_MEMORY}; else {@link #UNKNOWN}. */
    public String name(int status) {
        return names.getOrDefault(status, UNKNOWN);
    }

    /** Every known status with its name, success among them; unmodifiable. */
    public SortedMap<Integer, String> names() {
        return names;
    }

    private static Map<String, SortedMap<Integer, String>> read() {
        Map<String, SortedMap<Integer, String>> sections = new HashMap<>();
        SortedMap<Integer, String> section = null;
        for (String line : text().lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList()) {
            if (line.startsWith("[")) {
                section = new TreeMap<>();
                sections.put(line.substring(1, line.indexOf(']')), section);
                continue;
            }
            String[] words = line.split(" ");
            section.put(Integer.parseInt(words[0]), words[1]);
        }
        return sections;
    }

    private static String text() {
        try (InputStream stream = Statuses.class.getResourceAsStream(TABLE)) {
            if (stream == null) {
                throw new IllegalStateException("io/gimbal/cuda/" + TABLE
                        + " is missing on the class path: the installation is incomplete, build it anew");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException("cannot read the class path's io/gimbal/cuda/" + TABLE, unreadable);
        }
    }
}
