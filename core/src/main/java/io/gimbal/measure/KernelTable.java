package io.gimbal.measure;

import io.gimbal.device.KernelCounts;
import io.gimbal.device.KernelSignature;
import io.gimbal.program.ProgramBuilder;
import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.databind.DeserializationFeature;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What kernels do, counted once, by which a step is estimated that is not run: {@code gimbal bench kernels --counts
 * --table} writes it. Immutable.
 *
 * @param architecture that the kernels were compiled for
 * @param nvrtc        the version of the compiler
 * @param size         of the images that they were counted at
 * @param kernels      each case of each kernel
 */
public record KernelTable(String architecture, String nvrtc, String size, List<Entry> kernels) {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES).build();
    private static final String RESOURCE = "/io/gimbal/kernels/counts.json";

    /** That of the kernels that come with Gimbal. */
    public static final KernelTable BUILT_IN = builtIn();

    private static final int KIBI = 1 << 10;
    private static final String TASKS = "T";
    private static final String KIND = "kind";
    private static final String LOW = "low_gradients";

    /** Keeps a copy. */
    public KernelTable {
        kernels = List.copyOf(kernels);
    }

    /**
     * A case, its figures for each byte of its {@link KernelCost}.
     *
     * @param kernel       its name
     * @param of           what of, for people
     * @param form         what tells the cases of the kernel apart, from its arguments: how many tasks, which kind, and
     *     1 where there are gradients in bf16, else 0
     * @param moved        bytes that go through memory: {@link KernelCounts#movedBytes}
     * @param loaded       bytes of the sectors that warps ask for
     * @param stored       bytes of the sectors that warps write
     * @param instructions of warps, a KiB
     */
    public record Entry(String kernel, String of, Map<String, Long> form, double moved, double loaded, double stored,
            double instructions) {
        private static final double DIGITS = 1e4;

        /**
         * {@return the entry of a launch that has been counted}
         *
         * @param file      the kernel's, without ending
         * @param of        the case's size
         * @param arguments of the launch
         * @param cost      of the launch
         * @param counts    what was counted
         */
        public static Entry of(String file, String of, List<Object> arguments, KernelCost cost, KernelCounts counts) {
            return new Entry(counts.kernel(), of, KernelTable.form(file, counts.kernel(), arguments),
                    share(1, counts.movedBytes(), cost),
                    share(KernelCounts.SECTOR_BYTES, counts.sum(KernelCounts.Line::sectorsLoaded), cost),
                    share(KernelCounts.SECTOR_BYTES, counts.sum(KernelCounts.Line::sectorsStored), cost),
                    share(KIBI, counts.warpInstructions(), cost));
        }

        private static double share(int unit, long counted, KernelCost cost) {
            return Math.rint(DIGITS * unit * counted / cost.bytes()) / DIGITS;
        }

        /** How unlike a launch is: kind and gradients decide before the number of tasks does. */
        private long distance(Map<String, Long> other) {
            long distance = Math.abs(form.getOrDefault(TASKS, 1L) - other.getOrDefault(TASKS, 1L));
            for (String name : List.of(KIND, LOW)) {
                distance += form.getOrDefault(name, 0L).equals(other.getOrDefault(name, 0L)) ? 0 : 1000;
            }
            return distance;
        }
    }

    private static Map<String, Long> form(String file, String kernel, List<Object> arguments) {
        Map<String, Long> form = new TreeMap<>();
        List<String> names = KernelSignature.of(file, kernel).parameters();
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (name.equals(TASKS) || name.equals(KIND)) {
                form.put(name, ((Number) arguments.get(i)).longValue());
            } else if (name.equals(LOW)) {
                form.put(name, arguments.get(i).equals(ProgramBuilder.NULL) ? 0L : 1L);
            }
        }
        return form;
    }

    /** Reads what {@link #text} gives. */
    static KernelTable read(String text) throws JsonProcessingException {
        return MAPPER.readValue(text, KernelTable.class);
    }

    private static KernelTable builtIn() {
        try (InputStream stream = KernelTable.class.getResourceAsStream(RESOURCE)) {
            return read(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException unreadable) {
            throw new UncheckedIOException("cannot read the class path's " + RESOURCE, unreadable);
        }
    }

    /**
     * What a launch does, by the entry of its kernel that is most like it; of several, by that with most instructions.
     *
     * @param least what it must do
     * @return empty where the kernel has not been counted
     */
    Optional<CallCost.Counted> counted(String file, String kernel, int blocks, List<Object> arguments,
            KernelCost least) {
        Map<String, Long> form = form(file, kernel, arguments);
        return kernels.stream().filter(entry -> entry.kernel.equals(kernel)).min(Comparator.<Entry>comparingLong(
                entry -> entry.distance(form)).thenComparing(Entry::instructions, Comparator.reverseOrder()))
                .map(entry -> new CallCost.Counted(blocks, entry.moved * least.bytes(),
                        entry.loaded * least.bytes() / KernelCounts.SECTOR_BYTES,
                        entry.stored * least.bytes() / KernelCounts.SECTOR_BYTES,
                        entry.instructions * least.bytes() / KIBI));
    }

    /** {@return it as the text of a file, a line a case} */
    public String text() {
        StringBuilder text = new StringBuilder();
        text.append("{\"architecture\": ").append(json(architecture)).append(", \"nvrtc\": ").append(json(nvrtc))
                .append(", \"size\": ").append(json(size)).append(", \"kernels\": [\n");
        for (int i = 0; i < kernels.size(); i++) {
            text.append(json(kernels.get(i))).append(i + 1 < kernels.size() ? ",\n" : "\n");
        }
        return text.append("]}\n").toString();
    }

    private static String json(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a table of counts cannot be written as JSON", impossible);
        }
    }
}
