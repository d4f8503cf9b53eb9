package io.gimbal.measure;

import io.gimbal.config.UserException;
import io.gimbal.cuda.Compiler;
import io.gimbal.cuda.CudaException;
import io.gimbal.cuda.NativeArrays;
import io.gimbal.device.KernelResources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@link CudaFile}, compiled: to PTX with the lines of the source, and to a GPU's own code. Not thread-safe.
 */
public final class CompiledFile {
    private static final Pattern NAMED_KERNEL = Pattern.compile("__global__[^;{(]*?(?:__launch_bounds__\\s*\\([^)]*\\)"
            + "[^;{(]*?)?\\b(\\w+)\\s*\\(");
    private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);
    private static final Pattern PARAMETER = Pattern.compile("_Z\\d+gimbal_parameterILi(\\d+)E(\\w+)Evv\\(");

    /** Behind the file's own text: an entry whose mangled name says the type of a kernel's parameter. */
    private static final String TYPES = """

            template <int I, class T> __global__ void gimbal_parameter() {}
            template <int I, class A, class... R> struct gimbal_at {
                using type = typename gimbal_at<I - 1, R...>::type;
            };
            template <class A, class... R> struct gimbal_at<0, A, R...> { using type = A; };
            template <int I, class F> struct gimbal_of;
            template <int I, class... A> struct gimbal_of<I, void (*)(A...)> {
                using type = typename gimbal_at<I, A...>::type;
            };
            """;

    private final CudaFile file;
    private final Compiler compiler;
    private final String architecture;
    private final List<String> options;
    private final PtxText ptx;
    private final byte[] cubin;
    private final Map<String, KernelResources> resources;

    /** @param includes folders of what it may include */
    CompiledFile(CudaFile file, Compiler compiler, String architecture, Set<Path> includes) {
        this.file = file;
        this.compiler = compiler;
        this.architecture = architecture;
        options = new ArrayList<>(List.of("--std=c++17"));
        includes.forEach(folder -> options.add("--include-path=" + folder));
        ptx = new PtxText(NativeArrays.text(compiled(() -> compiler.compileToPtx(file.name(), file.text(), List.of(),
                with(virtual(), "--generate-line-info"))).image()));
        Compiler.Compilation real = compiled(() -> compiler.compile(file.name(), file.text(), List.of(),
                with("--gpu-architecture=" + architecture, "--generate-line-info", "--ptxas-options=-v")));
        cubin = real.image();
        resources = KernelResources.read(real.log());
    }

    private String virtual() {
        return "--gpu-architecture=" + architecture.replace("sm_", "compute_");
    }

    private List<String> with(String... more) {
        List<String> all = new ArrayList<>(options);
        all.addAll(List.of(more));
        return all;
    }

    /**
     * One of its kernels.
     *
     * @param name the kernel's
     * @return the kernel
     * @throws UserException if it has none of that name that is extern "C"; says which it has
     */
    public CompiledKernel kernel(String name) {
        PtxText.Entry entry = entry(name);
        KernelResources needs = resources.get(name);
        if (needs == null) {
            throw new IllegalStateException("ptxas did not say what " + name + " of " + file.path() + " needs");
        }
        return new CompiledKernel(file, name, ptx.line(entry, file.name()), types(entry), entry.mostThreads(),
                architecture, needs, ptx.of(name), cubin);
    }

    private interface Compiling {
        Compiler.Compilation compile();
    }

    private Compiler.Compilation compiled(Compiling compiling) {
        try {
            return compiling.compile();
        } catch (CudaException refused) {
            String log = refused.getMessage().replaceFirst("^[^\\n]*\\n", "");
            throw new UserException(file.path() + ": NVRTC does not compile it for " + architecture + ":\n" + log,
                    refused);
        }
    }

    private PtxText.Entry entry(String kernel) {
        PtxText.Entry entry = ptx.entries().get(kernel);
        if (entry != null) {
            return entry;
        }
        List<String> named = ptx.entries().keySet().stream().filter(name -> !name.startsWith("_Z")).toList();
        boolean mangled = ptx.entries().keySet().stream().anyMatch(name -> name.startsWith("_Z")
                && name.contains(kernel.length() + kernel));
        if (!kernel.isEmpty() && (mangled || declares(kernel))) {
            throw new UserException(file.path() + ": the kernel '" + kernel + "' is not extern \"C\" (or is a "
                    + "template), so that nobody can ask for it by its name. Write extern \"C\" in front of its "
                    + "__global__.");
        }
        throw new UserException(file.path() + ": it has no kernel '" + kernel + "'; " + (named.isEmpty()
                ? "it has no kernel that is extern \"C\" at all." : "its kernels are " + String.join(", ", named)
                + "."));
    }

    private boolean declares(String kernel) {
        Matcher declared = NAMED_KERNEL.matcher(COMMENT.matcher(file.text()).replaceAll(" "));
        while (declared.find()) {
            if (declared.group(1).equals(kernel)) {
                return true;
            }
        }
        return false;
    }

    private List<CudaType> types(PtxText.Entry entry) {
        StringBuilder asked = new StringBuilder(file.text()).append(TYPES);
        for (int i = 0; i < entry.parameters(); i++) {
            asked.append("template __global__ void gimbal_parameter<").append(i).append(", typename gimbal_of<")
                    .append(i).append(", decltype(&").append(entry.name()).append(")>::type>();\n");
        }
        Map<Integer, CudaType> types = new LinkedHashMap<>();
        try {
            Matcher parameter = PARAMETER.matcher(NativeArrays.text(compiler.compileToPtx(file.name(), asked.toString(),
                    List.of(), with(virtual())).image()));
            while (parameter.find()) {
                types.put(Integer.parseInt(parameter.group(1)), CudaType.of(parameter.group(2)));
            }
        } catch (CudaException refused) {
            throw new UserException(file.path() + ": the types of the parameters of '" + entry.name()
                    + "' cannot be told. Declare it outside of namespaces, and let the file end with a whole "
                    + "line.", refused);
        }
        List<CudaType> inOrder = new ArrayList<>();
        for (int i = 0; i < entry.parameters(); i++) {
            inOrder.add(types.getOrDefault(i, new CudaType("a type of its own", 0, false, Optional.empty(), 1)));
        }
        return List.copyOf(inOrder);
    }
}
