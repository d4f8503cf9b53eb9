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

    /**
     * Opens the library at the first of the places where the loader takes it. Never fails: see {@link #report()}.
     *
     * @param title   what the library is called in messages
     * @param witness a function of the library, by which the loaded file is found
     */
    public static SharedLibrary open(String title, List<LibrarySearch.Place> places, String witness) {
        List<LibraryReport.Attempt> attempts = new ArrayList<>();
        for (LibrarySearch.Place place : places) {
            if (place.load() == null) {
                attempts.add(new LibraryReport.Attempt(place.describe(), "holds no such library"));
                continue;
            }
            MemorySegment handle = dlopen(place.load(), RTLD_NOW);
            if (handle.address() != 0 && dlsym(handle, FORWARDER).address() != 0) {
                attempts.add(new LibraryReport.Attempt(place.describe(), "is Gimbal's own, which stands in for it"));
                continue;
            }
            if (handle.address() != 0) {
                String path = fileOf(dlsym(handle, witness), place.load());
                return new SharedLibrary(handle, new LibraryReport(title, path, attempts));
            }
            attempts.add(new LibraryReport.Attempt(place.describe(), dlerror()));
        }
        return new SharedLibrary(MemorySegment.NULL, new LibraryReport(title, null, attempts));
    }

    /**
     * Opens the library in a file; a function that it refers to and nobody has fails when it is called.
     *
     * @throws UnsatisfiedLinkError with the loader's reason
     */
    public static SharedLibrary openLazily(Path file) {
        MemorySegment handle = dlopen(file.toString(), RTLD_LAZY);
        if (handle.address() == 0) {
            throw new UnsatisfiedLinkError(dlerror());
        }
        return new SharedLibrary(handle, new LibraryReport(file.getFileName().toString(), file.toString(), List.of()));
    }

    /** The file of the library that bears a soname in this process; empty where none does. Loads nothing. */
    public static Optional<String> loadedFile(String soname, String witness) {
        MemorySegment handle = dlopen(soname, RTLD_LAZY | RTLD_NOLOAD);
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

    private static MemorySegment dlopen(String path, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            return (MemorySegment) DLOPEN.invokeExact(arena.allocateFrom(path), mode);
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
