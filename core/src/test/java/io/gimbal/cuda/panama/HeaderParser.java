package io.gimbal.cuda.panama;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The function prototypes of C headers, by the name that the linker sees. It follows renaming macros such as
 * {@code #define cuMemAlloc cuMemAlloc_v2} in the order of the text and takes a name's first declaration.
 */
final class HeaderParser {
    private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);
    private static final Pattern ENUM = Pattern.compile(
            "\\benum\\s+(?:class\\s+)?(\\w+)?\\s*(?::\\s*\\w+\\s*)?\\{[^}]*\\}\\s*(\\w*)");
    private static final Pattern TYPEDEF = Pattern.compile(
            "\\btypedef\\s+([\\w\\s]+?)\\s*(\\*?)\\s*(\\w+)\\s*(?:CUDNN_DEPRECATED\\s*)?;");
    private static final Pattern STATEMENT = Pattern.compile(
            "#[ \\t]*define[ \\t]+(\\w+)[ \\t]+(?:\\w+\\([ \\t]*(\\w+)[ \\t]*\\)|(\\w+))[ \\t]*(?=\\n)"
                    + "|#[ \\t]*undef[ \\t]+(\\w+)"
                    + "|([A-Za-z_][\\w\\s*]*?[\\s*])(\\w+)\\s*\\(([^()]*)\\)\\s*;");
    private static final Pattern MARKER = Pattern.compile(
            "\\b(?:[A-Z_]*API|\\w*_API|\\w*_EXPORT|CUDNN_DEPRECATED|__CUDA_DEPRECATED"
            + "|extern|const|struct|enum|inline|static)\\b");

    private final Map<String, CType> types = new HashMap<>();
    private final Map<String, Prototype> prototypes = new LinkedHashMap<>();

    HeaderParser() {
        for (String name : List.of("int", "unsigned int", "unsigned", "int32_t", "uint32_t")) {
            types.put(name, CType.INT);
        }
        for (String name : List.of("long long", "unsigned long long", "long long int", "int64_t", "uint64_t")) {
            types.put(name, CType.LONG);
        }
        types.put("void", CType.VOID);
        types.put("size_t", CType.SIZE);
        types.put("unsigned char", CType.BYTE);
        // Of headers that these include but that the wheels of their libraries do not carry.
        types.put("cudaStream_t", CType.POINTER);
        types.put("cudaDataType", CType.INT);
        types.put("ncclUniqueId", CType.UNIQUE_ID);
    }

    /** Adds one header's text. */
    void parse(String header) {
        String text = COMMENT.matcher(header.replace("\\\r\n", " ").replace("\\\n", " ")).replaceAll(" ");
        readTypes(text);
        Map<String, String> renamed = new HashMap<>();
        // What remains of the preprocessor must not look like the return type of the next prototype.
        String code = text.replaceAll("(?m)^[ \\t]*#[ \\t]*(?!define|undef)[^\\n]*", ";")
                .replaceAll("extern\\s+\"C\"(\\s*\\{)?", ";");
        Matcher statement = STATEMENT.matcher(code);
        while (statement.find()) {
            if (statement.group(1) != null) {
                renamed.put(statement.group(1), statement.group(2) != null ? statement.group(2) : statement.group(3));
                continue;
            }
            if (statement.group(4) != null) {
                renamed.remove(statement.group(4));
                continue;
            }
            String name = renamed.getOrDefault(statement.group(6), statement.group(6));
            prototypes.putIfAbsent(name, new Prototype(statement.group(5), statement.group(7)));
        }
    }

    private void readTypes(String text) {
        Matcher enumeration = ENUM.matcher(text);
        while (enumeration.find()) {
            if (enumeration.group(1) != null) {
                types.put(enumeration.group(1), CType.INT);
            }
            types.put(enumeration.group(2), CType.INT);
        }
        Matcher typedef = TYPEDEF.matcher(text);
        while (typedef.find()) {
            String name = typedef.group(3);
            if (!typedef.group(2).isEmpty()) {
                types.put(name, CType.POINTER);
                continue;
            }
            CType known = types.get(bare(typedef.group(1)));
            if (known != null) {
                types.putIfAbsent(name, known);
            }
        }
        types.put("CUdeviceptr", CType.DEVICE_POINTER);
    }

    /** The functions declared. */
    Set<String> names() {
        return Collections.unmodifiableSet(prototypes.keySet());
    }

    /** Whether a function of this name is declared. */
    boolean declares(String name) {
        return prototypes.containsKey(name);
    }

    /** What the function of this name returns. */
    CType returns(String name) {
        return type(prototypes.get(name).returns());
    }

    /** The types of its arguments. */
    List<CType> takes(String name) {
        String arguments = prototypes.get(name).arguments().strip();
        List<CType> takes = new ArrayList<>();
        if (arguments.isEmpty() || arguments.equals("void")) {
            return takes;
        }
        for (String argument : arguments.split(",")) {
            takes.add(type(argument));
        }
        return takes;
    }

    private CType type(String declaration) {
        if (declaration.contains("*") || declaration.contains("[")) {
            return CType.POINTER;
        }
        String words = bare(declaration);
        CType type = types.get(words);
        if (type == null && words.contains(" ")) {
            type = types.get(words.substring(0, words.lastIndexOf(' ')));
        }
        if (type == null) {
            throw new IllegalStateException("no C type is known for '" + declaration.strip() + "'");
        }
        return type;
    }

    private static String bare(String declaration) {
        return MARKER.matcher(declaration).replaceAll(" ").strip().replaceAll("\\s+", " ");
    }

    private record Prototype(String returns, String arguments) {}
}
