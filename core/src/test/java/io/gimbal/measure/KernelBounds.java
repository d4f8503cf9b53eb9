package io.gimbal.measure;

import io.gimbal.device.KernelCounts.Line;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a kernel's counts may be, as the comment right above it says:
 * {@code // counts: loads 1.00, stores 1.00, conflicts 1.00, instructions 116 (bf16 252), resident 4}. They are the
 * most of all cases, of resident blocks the least; what stands in brackets is of the kernel's bf16 half. {@code bytes}
 * stands there only where the unique bytes are not those of the cost.
 *
 * @param kernel  its name
 * @param place   file and line of the comment
 * @param figures by the name of each
 */
record KernelBounds(String kernel, String place, Map<Figure, Double> figures) {
    private static final Pattern COMMENT = Pattern.compile("// counts: (.*)");
    private static final Pattern PART = Pattern.compile("(\\w+) ([\\d.]+)(?: \\(bf16 ([\\d.]+)\\))?");
    private static final Pattern DECLARATION = Pattern.compile(
            "(?:RESIDENT_)?KERNEL(S?)\\((?:\\d+, )?(\\w+),.*");
    private static final String BF16 = "_bf16";
    /** Smaller launches read and write flags and partial sums that no cost has. */
    private static final long LARGE_BYTES = 100_000;
    private static final double BYTES = 0.02;
    private static final double HALF_DIGIT = 0.005;
    /** A little room for another version of the compiler. */
    private static final double ROOM = 1.05;

    /** What is counted. */
    enum Figure {
        LOADS(kernel -> kernel.counts().loads(), line -> line.sectorsLoaded() - line.fewestLoaded()),
        STORES(kernel -> kernel.counts().stores(), line -> line.sectorsStored() - line.fewestStored()),
        CONFLICTS(kernel -> kernel.counts().conflicts(), line -> line.sharedPasses() - line.fewestPasses()),
        BYTES(KernelBounds::bytes, line -> line.fewestLoaded() + line.fewestStored()),
        INSTRUCTIONS(CountedKernel::instructions, Line::instructions),
        RESIDENT(CountedKernel::resident, line -> 0);

        private final ToDoubleFunction<CountedKernel> counted;
        private final ToLongFunction<Line> excess;

        Figure(ToDoubleFunction<CountedKernel> counted, ToLongFunction<Line> excess) {
            this.counted = counted;
            this.excess = excess;
        }

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The bound that all of these keep. */
        private double bound(List<CountedKernel> cases) {
            if (this == RESIDENT) {
                return cases.stream().mapToDouble(counted).min().orElseThrow();
            }
            double most = cases.stream().mapToDouble(counted).max().orElseThrow();
            return this == INSTRUCTIONS ? Math.ceil(ROOM * most) : Math.ceil(100 * (most - 1e-9)) / 100;
        }

        private boolean within(double value, double bound) {
            return switch (this) {
                case RESIDENT -> value >= bound;
                case INSTRUCTIONS -> value <= bound;
                default -> value <= bound + HALF_DIGIT;
            };
        }

        /** Whether a bound could be closer. */
        private boolean loose(double bound, List<CountedKernel> cases) {
            double tight = bound(cases);
            return switch (this) {
                case RESIDENT -> bound < tight;
                case INSTRUCTIONS -> bound > ROOM * tight;
                default -> bound > tight + HALF_DIGIT;
            };
        }

        private String write(double value) {
            boolean whole = this == INSTRUCTIONS || this == RESIDENT;
            return String.format(Locale.ROOT, whole ? "%.0f" : "%.2f", value);
        }
    }

    /** Unique bytes over the cost where they can tell something; else 1. */
    private static double bytes(CountedKernel kernel) {
        boolean tells = kernel.cost().bytes() > LARGE_BYTES && Math.abs(kernel.bytes() - 1) > BYTES;
        return tells ? kernel.bytes() : 1;
    }

    /** The bounds of all kernels of a folder, by name; a kernel without a comment has none. */
    static Map<String, KernelBounds> read(Path folder) throws IOException {
        Map<String, KernelBounds> all = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".cu")).sorted().toList()) {
                List<String> lines = Files.readAllLines(file);
                for (int i = 0; i < lines.size(); i++) {
                    Matcher comment = COMMENT.matcher(lines.get(i));
                    if (comment.matches()) {
                        Matcher kernel = DECLARATION.matcher(i + 1 < lines.size() ? lines.get(i + 1) : "");
                        String place = folder.getFileName() + "/" + file.getFileName() + ":" + (i + 1);
                        if (!kernel.matches()) {
                            throw new IllegalArgumentException(place + ": the next line declares no kernel");
                        }
                        add(all, kernel, place, comment.group(1));
                    }
                }
            }
        }
        return all;
    }

    private static void add(Map<String, KernelBounds> all, Matcher kernel, String place, String text) {
        Map<Figure, Double> single = new LinkedHashMap<>();
        Map<Figure, Double> low = new LinkedHashMap<>();
        for (String part : text.split(", ")) {
            Matcher figure = PART.matcher(part);
            if (!figure.matches()) {
                throw new IllegalArgumentException(place + ": '" + part + "' is no bound, as 'loads 1.00' or "
                        + "'instructions 116 (bf16 252)' is");
            }
            Figure of = Figure.valueOf(figure.group(1).toUpperCase(Locale.ROOT));
            single.put(of, Double.valueOf(figure.group(2)));
            low.put(of, Double.valueOf(figure.group(figure.group(3) == null ? 2 : 3)));
        }
        String name = kernel.group(2);
        all.put(name, new KernelBounds(name, place, single));
        if (!kernel.group(1).isEmpty()) {
            all.put(name + BF16, new KernelBounds(name + BF16, place, low));
        }
    }

    /** What is wrong with the bounds, given all that was counted of the kernel; nothing if they are kept and close. */
    List<String> faults(List<CountedKernel> cases) {
        List<String> faults = new ArrayList<>();
        for (Figure figure : Figure.values()) {
            Double given = figures.get(figure);
            if (given == null && figure != Figure.BYTES) {
                faults.add(place + " has no bound for the " + figure.text() + " of " + kernel);
                continue;
            }
            double bound = given == null ? 1 : given;
            int before = faults.size();
            cases.stream().filter(each -> !figure.within(figure.counted.applyAsDouble(each), bound)).forEach(each ->
                    faults.add(broken(figure, bound, each)));
            if (figure == Figure.BYTES) {
                cases.stream().filter(each -> bytes(each) < 1).forEach(each -> faults.add(broken(figure, 1, each)));
            }
            if (faults.size() == before && figure.loose(bound, cases)) {
                faults.add(String.format(Locale.ROOT, "%s: %s: %s %s is wider than need be: %s", place, kernel,
                        figure.text(), figure.write(bound), figure.write(figure.bound(cases))));
            }
        }
        return faults;
    }

    private String broken(Figure figure, double bound, CountedKernel counted) {
        return String.format(Locale.ROOT, "%s: %s: %s %s were counted, %s is allowed%s", place, counted.title(),
                figure.text(), figure.write(figure.counted.applyAsDouble(counted)), figure.write(bound),
                figure == Figure.RESIDENT ? "; " + counted.resources() : worst(figure, counted));
    }

    private static String worst(Figure figure, CountedKernel counted) {
        long all = counted.counts().sum(figure.excess);
        Optional<Line> most = counted.counts().lines().stream().max(Comparator.comparingLong(figure.excess));
        return most.map(line -> String.format(Locale.ROOT, "; most of it is in %s (%.0f %%)", line.place(),
                100.0 * figure.excess.applyAsLong(line) / Math.max(1, all))).orElse("");
    }

    /** The comment that these counts make, for a kernel and, where it has one, its half in bf16. */
    static String comment(List<CountedKernel> single, List<CountedKernel> low) {
        List<String> parts = new ArrayList<>();
        for (Figure figure : Figure.values()) {
            String own = figure.write(figure.bound(single));
            String other = low.isEmpty() ? own : figure.write(figure.bound(low));
            if (figure != Figure.BYTES || !own.equals("1.00") || !other.equals("1.00")) {
                parts.add(figure.text() + " " + own + (own.equals(other) ? "" : " (bf16 " + other + ")"));
            }
        }
        return "// counts: " + String.join(", ", parts);
    }
}
