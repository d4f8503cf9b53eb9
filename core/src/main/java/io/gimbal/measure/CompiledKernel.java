package io.gimbal.measure;

import io.gimbal.config.UserException;
import io.gimbal.device.Dim3;
import io.gimbal.device.KernelResources;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * A kernel of a {@link CudaFile}, compiled. Immutable; the images are not to be changed.
 */
public final class CompiledKernel {
    private static final int MOST_THREADS = 1024;
    private static final int DEEPEST_BLOCK = 64;
    private static final int WIDEST_GRID = 65535;
    private static final int MOST_SHARED_BYTES = 48 << 10;

    private final CudaFile file;
    private final String name;
    private final OptionalInt line;
    private final List<CudaType> parameters;
    private final OptionalInt mostThreads;
    private final String architecture;
    private final KernelResources resources;
    private final byte[] ptx;
    private final byte[] cubin;

    CompiledKernel(CudaFile file, String name, OptionalInt line, List<CudaType> parameters, OptionalInt mostThreads,
            String architecture, KernelResources resources, byte[] ptx, byte[] cubin) {
        this.file = file;
        this.name = name;
        this.line = line;
        this.parameters = parameters;
        this.mostThreads = mostThreads;
        this.architecture = architecture;
        this.resources = resources;
        this.ptx = ptx;
        this.cubin = cubin;
    }

    /** {@return its name} */
    public String name() {
        return name;
    }

    /** {@return its file} */
    public CudaFile file() {
        return file;
    }

    /** {@return what it was compiled for} */
    public String architecture() {
        return architecture;
    }

    /** {@return what it needs of a multiprocessor, as ptxas says it} */
    public KernelResources resources() {
        return resources;
    }

    byte[] ptx() {
        return ptx;
    }

    byte[] cubin() {
        return cubin;
    }

    /** Where it stands: "softmax at softmax.cu:12". */
    String place() {
        return name + " at " + file.name() + (line.isPresent() ? ":" + line.getAsInt() : "");
    }

    private String signature() {
        return parameters.stream().map(CudaType::text).collect(Collectors.joining(", ", "(", ")"));
    }

    private UserException refused(String reason) {
        return new UserException(file.path() + ": " + place() + " " + reason);
    }

    /** Refuses arguments that are not the kernel's: other in number, kind or type. */
    void requireArguments(List<KernelArgument> arguments) {
        if (arguments.size() != parameters.size()) {
            throw refused("takes " + parameters.size() + (parameters.size() == 1 ? " argument, " : " arguments, ")
                    + signature() + ", not " + arguments.size() + ".");
        }
        for (int i = 0; i < parameters.size(); i++) {
            String fault = fault(parameters.get(i), arguments.get(i));
            if (!fault.isEmpty()) {
                throw refused("has " + parameters.get(i) + " for parameter " + (i + 1) + ", and argument " + (i + 1)
                        + " is " + arguments.get(i) + ": " + fault);
            }
        }
    }

    private static String fault(CudaType parameter, KernelArgument argument) {
        boolean array = argument instanceof KernelArgument.Array;
        if (parameter.pointers() > 1 || parameter.element().isEmpty() && !parameter.untyped()
                || parameter.pointers() == 0 && parameter.lanes() > 1) {
            return "numbers and arrays of numbers can be given, and nothing else.";
        }
        if (array != (parameter.pointers() == 1)) {
            return array ? "it takes a number, not an array." : "it takes an array, not a number.";
        }
        if (parameter.element().isPresent() && parameter.element().get() != argument.type()) {
            return "give it " + parameter.element().get() + ".";
        }
        if (argument instanceof KernelArgument.Array given) {
            if (given.output() && parameter.readOnly()) {
                return "what is const is no output; leave out 'out'.";
            }
            if (given.count() % parameter.lanes() != 0) {
                return "its numbers must come in groups of " + parameter.lanes() + ".";
            }
        }
        return "";
    }

    /** Refuses a launch that no device makes. */
    void requireLaunch(KernelLaunch launch) {
        Dim3 grid = launch.grid();
        Dim3 block = launch.block();
        if (block.count() > MOST_THREADS || block.z() > DEEPEST_BLOCK) {
            throw refused("cannot be launched with a block of " + block + ": " + block.count() + " threads; a block "
                    + "has at most " + MOST_THREADS + ", and at most " + DEEPEST_BLOCK + " along z.");
        }
        if (mostThreads.isPresent() && block.count() > mostThreads.getAsInt()) {
            throw refused("is compiled for blocks of at most " + mostThreads.getAsInt() + " threads "
                    + "(__launch_bounds__), not " + block.count() + ".");
        }
        if (grid.y() > WIDEST_GRID || grid.z() > WIDEST_GRID) {
            throw refused("cannot be launched with a grid of " + grid + ": along y and z it has at most " + WIDEST_GRID
                    + " blocks.");
        }
        long shared = (long) resources.sharedBytes() + launch.sharedBytes();
        if (launch.sharedBytes() < 0 || shared > MOST_SHARED_BYTES) {
            throw refused("cannot be launched with " + launch.sharedBytes() + " bytes of shared memory beside its own "
                    + resources.sharedBytes() + ": a block has at most " + MOST_SHARED_BYTES + " here.");
        }
        if (KernelResources.knows(architecture) && resident(launch) == 0) {
            throw refused("cannot be launched with a block of " + block + ": " + resources.registers() + " registers a "
                    + "thread are more than a multiprocessor of " + architecture + " has. Make the block smaller, or "
                    + "say __launch_bounds__(" + block.count() + ").");
        }
    }

    /** Blocks that a multiprocessor holds at once. */
    int resident(KernelLaunch launch) {
        return resources.residentBlocks(architecture, (int) launch.block().count(), launch.sharedBytes());
    }

    @Override
    public String toString() {
        return place();
    }
}
