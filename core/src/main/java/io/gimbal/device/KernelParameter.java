package io.gimbal.device;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * A parameter as the kernel's source declares it. The driver cannot tell a wrong argument from a right one; this can.
 *
 * @param declaration the text, such as {@code const float* x}
 * @param type        the Java type that an argument must have
 */
record KernelParameter(String declaration, Class<?> type) {
    private static final Set<String> QUALIFIERS = Set.of("const", "volatile", "restrict", "__restrict__", "__restrict",
            "RESTRICT");

    /** The parameter's own name: the declaration's last word. */
    String name() {
        return declaration.substring(Math.max(declaration.lastIndexOf(' '), declaration.lastIndexOf('*')) + 1);
    }

    static KernelParameter parse(String text) {
        String declaration = text.strip().replaceAll("\\s+", " ");
        if (declaration.contains("*")) {
            return new KernelParameter(declaration, Long.class);
        }
        List<String> words = Arrays.stream(declaration.split(" ")).filter(word -> !QUALIFIERS.contains(word)).toList();
        String type = String.join(" ", words.subList(0, Math.max(0, words.size() - 1)));
        return new KernelParameter(declaration, switch (type) {
            case "long long", "unsigned long long", "size_t" -> Long.class;
            case "int", "unsigned int", "unsigned" -> Integer.class;
            case "float" -> Float.class;
            case "double" -> Double.class;
            default -> throw new IllegalArgumentException("kernel parameter '" + declaration
                    + "' is of a type that cannot be launched from here: it may be a pointer, "
                    + "long long, int, float or double");
        });
    }
}
