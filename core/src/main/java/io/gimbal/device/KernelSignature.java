package io.gimbal.device;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The names of a kernel's parameters, in order, as its source declares them. Needs no device. Immutable.
 *
 * @param kernel     the kernel's name
 * @param parameters one name a parameter
 */
public record KernelSignature(String kernel, List<String> parameters) {
    private static final Map<String, Map<String, KernelSignature>> READ = new ConcurrentHashMap<>();

    /** Keeps a copy of the parameters. */
    public KernelSignature {
        parameters = List.copyOf(parameters);
    }

    /**
     * The signature of a kernel of {@code kernels/FILE.cu}.
     *
     * @param file   the subject, such as "elementwise"
     * @param kernel its name
     * @return the signature, as the source declares it
     * @throws IllegalArgumentException if there is no such file or kernel
     */
    public static KernelSignature of(String file, String kernel) {
        KernelSignature signature = signatures(file).get(kernel);
        if (signature == null) {
            throw new IllegalArgumentException(file + ".cu has no kernel " + kernel);
        }
        return signature;
    }

    /**
     * {@return the names of the file's kernels}
     *
     * @param file the subject, such as "elementwise"
     */
    public static Set<String> kernels(String file) {
        return Set.copyOf(signatures(file).keySet());
    }

    private static Map<String, KernelSignature> signatures(String file) {
        return READ.computeIfAbsent(file, KernelSignature::read);
    }

    private static Map<String, KernelSignature> read(String file) {
        Map<String, KernelSignature> signatures = new HashMap<>();
        KernelSource.read(file).kernels().forEach((kernel, parameters) -> signatures.put(kernel,
                new KernelSignature(kernel, parameters.stream().map(KernelParameter::name).toList())));
        return Map.copyOf(signatures);
    }
}
