package io.gimbal.measure;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The PTX of a file as NVRTC writes it, by its entries. Immutable. */
final class PtxText {
    private static final Pattern ENTRY = Pattern.compile("(?m)^(?:\\.\\w+\\s+)*\\.entry\\s+([\\w$]+)\\s*\\(([^)]*)\\)"
            + "([^{]*)\\{");
    private static final Pattern ENTRY_LINE = Pattern.compile("(?:\\.\\w+\\s+)*\\.entry\\s+([\\w$]+)");
    private static final Pattern MOST_THREADS = Pattern.compile("\\.maxntid\\s+([\\d, ]+)");
    private static final Pattern LOCATION = Pattern.compile("(?m)^\\s*\\.loc\\s+(\\d+)\\s+(\\d+)");
    private static final Pattern FILE = Pattern.compile("(?m)^\\s*\\.file\\s+(\\d+)\\s+\"([^\"]*)\"");

    private final String text;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /**
     * A kernel of the text.
     *
     * @param name        as the text has it, mangled unless it is extern "C"
     * @param parameters  how many it takes
     * @param mostThreads of a block, where the source says so
     * @param start       of its code in the text
     */
    record Entry(String name, int parameters, OptionalInt mostThreads, int start) {}

    PtxText(String text) {
        this.text = text;
        Matcher entry = ENTRY.matcher(text);
        while (entry.find()) {
            String parameters = entry.group(2).strip();
            entries.put(entry.group(1), new Entry(entry.group(1),
                    parameters.isEmpty() ? 0 : parameters.split(",").length, mostThreads(entry.group(3)), entry.end()));
        }
    }

    private static OptionalInt mostThreads(String directives) {
        Matcher most = MOST_THREADS.matcher(directives);
        return most.find() ? OptionalInt.of(Arrays.stream(most.group(1).split(",")).mapToInt(extent ->
                Integer.parseInt(extent.strip())).reduce(1, Math::multiplyExact)) : OptionalInt.empty();
    }

    Map<String, Entry> entries() {
        return entries;
    }

    /** The line of a file of that name at which a kernel begins; empty where the text does not say. */
    OptionalInt line(Entry entry, String file) {
        Matcher location = LOCATION.matcher(text);
        if (!location.find(entry.start())) {
            return OptionalInt.empty();
        }
        Matcher named = FILE.matcher(text);
        while (named.find()) {
            if (named.group(1).equals(location.group(1)) && named.group(2).endsWith("/" + file)) {
                return OptionalInt.of(Integer.parseInt(location.group(2)));
            }
        }
        return OptionalInt.empty();
    }

    /** The text without the other kernels, and the zero that ends it: what is not known in these does not matter. */
    byte[] of(String kernel) {
        StringBuilder own = new StringBuilder();
        boolean left = false;
        int depth = 0;
        for (String line : text.lines().toList()) {
            Matcher entry = ENTRY_LINE.matcher(line);
            if (depth == 0 && entry.lookingAt()) {
                left = !entry.group(1).equals(kernel);
            }
            if (!left) {
                own.append(line).append('\n');
            }
            int before = depth;
            depth += count(line, '{') - count(line, '}');
            left &= depth > 0 || before == 0;
        }
        return own.append('\0').toString().getBytes(StandardCharsets.UTF_8);
    }

    private static int count(String line, char bracket) {
        return (int) line.chars().filter(c -> c == bracket).count();
    }
}
