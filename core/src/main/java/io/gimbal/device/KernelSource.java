package io.gimbal.device;

import io.gimbal.cuda.Compiler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of kernels and the headers that it includes, as they lie on the class path.
 *
 * @param file    the file's name, such as "balance.cu"
 * @param text    its text
 * @param headers every header that it includes, directly or not
 */
record KernelSource(String file, String text, List<Compiler.Header> headers) {
    private static final String FOLDER = "/io/gimbal/kernels/";
    private static final Pattern INCLUDE = Pattern.compile("^\\s*#\\s*include\\s*\"([^\"]+)\"", Pattern.MULTILINE);
    private static final Pattern KERNEL = Pattern.compile(
            "\\b(?:KERNEL\\s*\\(|RESIDENT_KERNEL\\s*\\(\\s*\\d+\\s*,)\\s*(\\w+)\\s*(?:,([^)]*))?\\)");
    /** Two kernels at once: see {@code common.cuh}. */
    private static final Pattern KERNELS = Pattern.compile(
            "\\b(?:KERNELS\\s*\\(|RESIDENT_KERNELS\\s*\\(\\s*\\d+\\s*,)\\s*(\\w+)\\s*,\\s*\\(([^)]*)\\)");
    private static final Pattern TYPE_OF_PAIR = Pattern.compile("\\bS\\b");
    private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);

    KernelSource {
        headers = List.copyOf(headers);
    }

    static KernelSource read(String subject) {
        String file = subject + ".cu";
        String text = resource(file);
        if (text == null) {
            throw new IllegalArgumentException("there is no file of kernels " + FOLDER.substring(1) + file
                    + " on the class path");
        }
        Map<String, Compiler.Header> headers = new LinkedHashMap<>();
        addHeaders(text, headers);
        return new KernelSource(file, text, List.copyOf(headers.values()));
    }

    private static void addHeaders(String text, Map<String, Compiler.Header> headers) {
        Matcher include = INCLUDE.matcher(text);
        while (include.find()) {
            String name = include.group(1);
            String header = headers.containsKey(name) ? null : resource(name);
            if (header != null) {
                headers.put(name, new Compiler.Header(name, header));
                addHeaders(header, headers);
            }
        }
    }

    private static String resource(String name) {
        try (InputStream stream = KernelSource.class.getResourceAsStream(FOLDER + name)) {
            return stream == null ? null : new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException("cannot read the class path's " + FOLDER.substring(1) + name, unreadable);
        }
    }

    /** The parameters of each kernel of the file, by the kernel's name. */
    Map<String, List<KernelParameter>> kernels() {
        Map<String, List<KernelParameter>> kernels = new LinkedHashMap<>();
        String code = COMMENT.matcher(text).replaceAll(" ");
        Matcher kernel = KERNEL.matcher(code);
        while (kernel.find()) {
            kernels.put(kernel.group(1), parameters(kernel.group(2)));
        }
        Matcher pair = KERNELS.matcher(code);
        while (pair.find()) {
            kernels.put(pair.group(1), parameters(TYPE_OF_PAIR.matcher(pair.group(2)).replaceAll("float")));
            kernels.put(pair.group(1) + "_bf16", parameters(TYPE_OF_PAIR.matcher(pair.group(2)).replaceAll("bf16")));
        }
        return kernels;
    }

    private static List<KernelParameter> parameters(String list) {
        if (list == null || list.isBlank()) {
            return List.of();
        }
        return Arrays.stream(list.split(",")).map(KernelParameter::parse).toList();
    }
}
