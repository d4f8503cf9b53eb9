package io.gimbal.measure;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The type of a kernel's parameter, as the compiler knows it: behind names of the source's own and macros.
 *
 * @param text     in C++, for people
 * @param pointers how many pointers lead to it: 0 for a number, 1 for an array
 * @param readOnly whether what the last of them points to is const
 * @param element  what numbers it is made of; empty for void and for types of the source's own
 * @param lanes    numbers in one, more than 1 for such as float4
 */
record CudaType(String text, int pointers, boolean readOnly, Optional<ElementType> element, int lanes) {
    private static final Pattern VECTOR = Pattern.compile(
            "\\d+(u?)(char|short|int|longlong|long|float|double)([1-4])");
    private static final String VOID = "v";

    /** @param mangled as the C++ ABI of Itanium, which CUDA follows, writes it: "PKf" for {@code const float*} */
    static CudaType of(String mangled) {
        int pointers = 0;
        boolean constant = false;
        int at = 0;
        for (; at < mangled.length() && "PKVr".indexOf(mangled.charAt(at)) >= 0; at++) {
            switch (mangled.charAt(at)) {
                case 'P' -> {
                    pointers++;
                    constant = false;
                }
                case 'K' -> constant = true;
                default -> { }
            }
        }
        String base = mangled.substring(at);
        Matcher vector = VECTOR.matcher(base);
        Optional<ElementType> element = ElementType.ofMangled(base);
        int lanes = 1;
        String name = element.map(ElementType::toString).orElseGet(() -> named(base));
        if (vector.matches()) {
            element = lane(vector.group(1), vector.group(2));
            lanes = Integer.parseInt(vector.group(3));
        } else if (base.equals("7__half2")) {
            element = Optional.of(ElementType.HALF);
            lanes = 2;
        } else if (base.equals("14__nv_bfloat162")) {
            element = Optional.of(ElementType.BF16);
            lanes = 2;
        }
        return new CudaType((constant ? "const " : "") + name + "*".repeat(pointers), pointers, constant, element,
                lanes);
    }

    private static String named(String base) {
        return base.equals(VOID) ? "void" : base.replaceFirst("^\\d+", "");
    }

    private static Optional<ElementType> lane(String unsigned, String type) {
        boolean signed = unsigned.isEmpty();
        return Optional.of(switch (type) {
            case "char" -> signed ? ElementType.INT8 : ElementType.UINT8;
            case "short" -> signed ? ElementType.INT16 : ElementType.UINT16;
            case "int" -> signed ? ElementType.INT : ElementType.UINT;
            case "float" -> ElementType.FLOAT;
            case "double" -> ElementType.DOUBLE;
            default -> signed ? ElementType.INT64 : ElementType.UINT64;
        });
    }

    /** Whether it points to memory of no type. */
    boolean untyped() {
        return pointers == 1 && text.endsWith("void*");
    }

    @Override
    public String toString() {
        return text;
    }
}
