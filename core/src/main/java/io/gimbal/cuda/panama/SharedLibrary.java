package io.gimbal.cuda.panama;

import io.gimbal.cuda.LibraryReport;
import io.gimbal.cuda.LibrarySearch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A library opened by {@code dlopen}, which, unlike the Java loaders, tells why it could not open one. It is never
 * closed: code in it may run until the process ends. Immutable and thread-safe.
 */
public final class SharedLibrary {
    /** A function that the libraries of {@code native/forward} have: it says where they forward to. */
    static final String FORWARDER = "gimbalForwardTo";

    private static final int RTLD_LAZY = 1;
    private static final int RTLD_NOW = 2;
    private static final int RTLD_NOLOAD = 4;
    /** What loading a library may take of a stack: the initialisers of oneDNN take half a MiB. */
    private static final long LOADING_STACK_BYTES = 16L << 20;
    private static final MethodHandle DLOPEN = libc("dlopen", ValueLayout.ADDRESS, ValueLayout.ADDRESS,
            ValueLayout.JAVA_INT);
    private static final MethodHandle DLERROR = libc("dlerror", ValueLayout.ADDRESS);
    private static final MethodHandle DLSYM = libc("dlsym", ValueLayout.ADDRESS, ValueLayout.ADDRESS,
            ValueLayout.ADDRESS);
    private static final MethodHandle DLADDR = libc("dladdr", ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
            ValueLayout.ADDRESS);

    private static final MethodHandle SETENV = libc("setenv", ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
            ValueLayout.ADDRESS, ValueLayout.JAVA_INT);

    private final MemorySegment handle;
    private final LibraryReport report;
    private final UnsatisfiedLinkError missing;

    private SharedLibrary(MemorySegment handle, LibraryReport report) {
        this.handle = handle;
        this.report = report;
        this.missing = report.loaded() ? null : new UnsatisfiedLinkError(report.describe());
    }

    private SharedLibrary(LibraryReport report, UnsatisfiedLinkError missing) {
        this.handle = MemorySegment.NULL;
        this.report = report;
        this.missing = missing;
    }

    /**
     * Opens the library at the first of the places where the loader takes it and it has what is called. Never fails:
     * see {@link #report()}.
     *
     * @param title     what the library is called in messages
     * @param beside    files that it needs and that may lie in its folder
     * @param functions functions that it must have, each by its exported names; by the first, the loaded file is found
     */
    static SharedLibrary open(String title, List<LibrarySearch.Place> places, List<String> beside,
            List<List<String>> functions) {
        List<LibraryReport.Attempt> attempts = new ArrayList<>();
        for (LibrarySearch.Place place : places) {
            Loaded loaded = load(place, beside);
            String refusal = loaded.reason().isEmpty() ? refusal(loaded.handle(), functions) : loaded.reason();
            if (refusal.isEmpty()) {
                String path = fileOf(dlsym(loaded.handle(), functions.getFirst().getFirst()), place.load());
                return new SharedLibrary(loaded.handle(), new LibraryReport(title, path, attempts));
            }
            attempts.add(new LibraryReport.Attempt(place.describe(), refusal));
        }
        return new SharedLibrary(MemorySegment.NULL, new LibraryReport(title, null, attempts));
    }

    private static Loaded load(LibrarySearch.Place place, List<String> beside) {
        if (place.load() == null) {
            return new Loaded(MemorySegment.NULL, "holds no such library");
        }
        for (String name : Path.of(place.load()).isAbsolute() ? beside : List.<String>of()) {
            Path needed = Path.of(place.load()).resolveSibling(name);
            String refusal = ElfFile.refusal(needed);
            if (!refusal.isEmpty()) {
                return new Loaded(MemorySegment.NULL, "needs " + needed + ", which " + refusal);
            }
        }
        return dlopen(place.load(), RTLD_NOW);
    }

    /** Why a library that is loaded is not the one that is wanted; empty if it is. */
    private static String refusal(MemorySegment handle, List<List<String>> functions) {
        return dlsym(handle, FORWARDER).address() != 0 ? "is Gimbal's own, which stands in for it"
                : firstMissing(handle, functions).map(names -> "has no function " + names).orElse("");
    }

    private static Optional<String> firstMissing(MemorySegment handle, List<List<String>> functions) {
        return functions.stream().filter(names -> names.stream().allMatch(name -> dlsym(handle, name).address() == 0))
                .findFirst().map(names -> String.join(" or ", names));
    }

    /** The first function that the library, which is loaded, does not have; empty if it has all. */
    Optional<String> firstMissing(List<List<String>> functions) {
        return firstMissing(handle, functions);
    }

    /**
     * Opens the library in a file; a function that it refers to and nobody has fails when it is called.
     *
     * @throws UnsatisfiedLinkError with the loader's reason
     */
    public static SharedLibrary openLazily(Path file) {
        Loaded loaded = dlopen(file.toString(), RTLD_LAZY);
        if (!loaded.reason().isEmpty()) {
            throw new UnsatisfiedLinkError(loaded.reason());
        }
        return new SharedLibrary(loaded.handle(), new LibraryReport(file.getFileName().toString(), file.toString(),
                List.of()));
    }

    /** The file of the library that bears a soname in this process; empty where none does. Loads nothing. */
    public static Optional<String> loadedFile(String soname, String witness) {
        MemorySegment handle = dlopen(soname, RTLD_LAZY | RTLD_NOLOAD).handle();
        return handle.address() == 0 ? Optional.empty() : Optional.of(fileOf(dlsym(handle, witness), soname));
    }

    /**
     * Opens what matches {@code pattern} in the folder of the loaded file, so that it is found when the library asks
     * for it by soname.
     */
    void preloadBeside(String pattern) {
        if (!report.loaded() || !Path.of(report.path()).isAbsolute()) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(report.path()).getParent(), pattern)) {
            for (Path file : files) {
                dlopen(file.toString(), RTLD_NOW);
            }
        } catch (IOException unreadable) {
            // The library will name what it misses.
            return;
        }
    }

    /** Gives an environment variable a value for libraries opened from now on, where it has none. */
    static void setDefault(String variable, String value) {
        try (Arena arena = Arena.ofConfined()) {
            int unused = (int) SETENV.invokeExact(arena.allocateFrom(variable), arena.allocateFrom(value), 0);
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
    }

    /** The same; where it is missing, calls say besides what to do about it. */
    SharedLibrary advising(String advice) {
        return missing == null ? this : new SharedLibrary(report, new UnsatisfiedLinkError(report.describe() + "\n"
                + advice));
    }

    /** How the search for it went. */
    public LibraryReport report() {
        return report;
    }

    /** Null where the library is loaded; else why it is not. */
    public UnsatisfiedLinkError missing() {
        return missing;
    }

    /** The address of an exported function; {@link MemorySegment#NULL} where the library has none of that name. */
    public MemorySegment symbol(String name) {
        return missing != null ? MemorySegment.NULL : dlsym(handle, name);
    }

    /** The text at a C string's address; empty for a null pointer. */
    public static String text(long address) {
        return address == 0 ? "" : MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE).getString(0);
    }

    /**
     * A library that the loader took.
     *
     * @param handle null where it did not
     * @param reason why it did not; empty where it did
     */
    private record Loaded(MemorySegment handle, String reason) {}

    /** Loads on a thread of its own, since the caller's may have been started with a small stack ({@code -Xss}). */
    private static Loaded dlopen(String path, int mode) {
        String refusal = Path.of(path).isAbsolute() ? ElfFile.refusal(Path.of(path)) : "";
        if (!refusal.isEmpty()) {
            return new Loaded(MemorySegment.NULL, refusal);
        }
        FutureTask<Loaded> loading = new FutureTask<>(() -> dlopenHere(path, mode));
        Thread.ofPlatform().name("gimbal-loader").daemon().stackSize(LOADING_STACK_BYTES).start(loading);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return loading.get();
                } catch (InterruptedException later) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException problem) {
            throw Calls.rethrown(problem.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The loader keeps its reason for the thread that it failed. */
    private static Loaded dlopenHere(String path, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = (MemorySegment) DLOPEN.invokeExact(arena.allocateFrom(path), mode);
            return new Loaded(handle, handle.address() == 0 ? dlerror() : "");
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
    }

    private static String dlerror() {
        MemorySegment message;
        try {
            message = (MemorySegment) DLERROR.invokeExact();
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
        return message.address() == 0 ? "the loader gave no reason" : text(message.address());
    }

    private static MemorySegment dlsym(MemorySegment handle, String name) {
        try (Arena arena = Arena.ofConfined()) {
            return (MemorySegment) DLSYM.invokeExact(handle, arena.allocateFrom(name));
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
    }

    private static String fileOf(MemorySegment function, String otherwise) {
        if (function.address() == 0) {
            return otherwise;
        }
        try (Arena arena = Arena.ofConfined()) {
            // Dl_info is four pointers, the first of which is the file's name.
            MemorySegment info = arena.allocate(ValueLayout.ADDRESS, 4);
            int found = (int) DLADDR.invokeExact(function, info);
            return found == 0 ? otherwise : text(info.get(ValueLayout.ADDRESS, 0).address());
        } catch (Throwable problem) {
            throw Calls.rethrown(problem);
        }
    }

    private static MethodHandle libc(String name, MemoryLayout returns, MemoryLayout... takes) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(returns, takes));
    }
}
