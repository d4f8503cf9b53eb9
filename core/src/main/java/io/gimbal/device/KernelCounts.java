package io.gimbal.device;

import io.gimbal.shaded.jackson.core.JsonProcessingException;
import io.gimbal.shaded.jackson.databind.DeserializationFeature;
import io.gimbal.shaded.jackson.databind.PropertyNamingStrategies;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What the launches of a kernel did, counted while the software device ran its PTX. Immutable.
 *
 * @param kernel             its name
 * @param launches           how many are counted
 * @param blocks             of all of them
 * @param warpInstructions   PTX instructions, one for all lanes of a warp that run it together
 * @param threadInstructions the same, one for each lane
 * @param barriers           reached, one for each block
 * @param bytesLoaded        bytes of global memory that were read, each once a launch
 * @param bytesStored        bytes of global memory that were written, each once a launch
 * @param sectors            of 32 bytes of global memory that were touched, each once a launch
 * @param lines              where all this happened; the lines' sums are the kernel's
 */
public record KernelCounts(String kernel, long launches, long blocks, long warpInstructions, long threadInstructions,
        long barriers, long bytesLoaded, long bytesStored, long sectors, List<Line> lines) {
    /** Bytes of global memory that move together. */
    public static final int SECTOR_BYTES = 32;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES).build();

    /** Keeps a copy of the lines. */
    public KernelCounts {
        lines = List.copyOf(lines);
    }

    /**
     * What one line of source did. Requests are those of warps; the fewest sectors are those that hold as many bytes as
     * the request's lanes ask for, the fewest passes those that shared memory needs without conflicts of banks.
     *
     * @param file           of {@code kernels/}
     * @param line           from 1 on
     * @param instructions   of warps
     * @param sectorsLoaded  of global memory, by all requests
     * @param fewestLoaded   of these requests
     * @param sectorsStored  of global memory, by all requests
     * @param fewestStored   of these requests
     * @param sharedPasses   through shared memory, by all requests
     * @param fewestPasses   of these requests
     */
    public record Line(String file, int line, long instructions, long sectorsLoaded, long fewestLoaded,
            long sectorsStored, long fewestStored, long sharedPasses, long fewestPasses) {
        /** {@return the place as messages name it} */
        public String place() {
            return file + ":" + line;
        }
    }

    private record Document(List<KernelCounts> kernels) {}

    /** Reads what {@code softcudaCounts} returns. */
    static List<KernelCounts> read(String json) {
        try {
            return MAPPER.readValue(json, Document.class).kernels();
        } catch (JsonProcessingException damaged) {
            throw new IllegalStateException("the software device's counts are not as expected: "
                    + damaged.getOriginalMessage() + "; rebuild it, with the command that builds Gimbal", damaged);
        }
    }

    /**
     * {@return the sum over the lines}
     *
     * @param figure of one line
     */
    public long sum(ToLongFunction<Line> figure) {
        return lines.stream().mapToLong(figure).sum();
    }

    /** {@return sectors loaded over the fewest; 1 where nothing is} */
    public double loads() {
        return ratio(sum(Line::sectorsLoaded), sum(Line::fewestLoaded));
    }

    /** {@return sectors stored over the fewest; 1 where nothing is} */
    public double stores() {
        return ratio(sum(Line::sectorsStored), sum(Line::fewestStored));
    }

    /** {@return passes through shared memory over the fewest; 1 where it is not used} */
    public double conflicts() {
        return ratio(sum(Line::sharedPasses), sum(Line::fewestPasses));
    }

    /** {@return bytes read and bytes written, each once a launch} */
    public long bytes() {
        return bytesLoaded + bytesStored;
    }

    /**
     * {@return bytes that go through memory at least: those of the sectors that are touched, or more where a kernel
     * writes what it has read, since each way counts}
     */
    public long movedBytes() {
        return Math.max(SECTOR_BYTES * sectors, bytes());
    }

    private static double ratio(long counted, long fewest) {
        return fewest == 0 ? 1 : (double) counted / fewest;
    }
}
