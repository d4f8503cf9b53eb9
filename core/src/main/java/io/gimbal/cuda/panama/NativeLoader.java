package io.gimbal.cuda.panama;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;

/**
 * Binds a record of method handles to a library, by the {@link C} annotation of each component. A function that is
 * missing, or all of them where the library is, becomes a handle that throws the reason: binding itself never fails for
 * a reason outside this code.
 */
final class NativeLoader {
    private NativeLoader() {}

    static <R extends Record> R bind(Class<R> functions, SharedLibrary library) {
        RecordComponent[] components = functions.getRecordComponents();
        Object[] handles = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            handles[i] = bind(components[i].getAnnotation(C.class), library);
        }
        try {
            Class<?>[] types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            Constructor<R> constructor = functions.getDeclaredConstructor(types);
            return constructor.newInstance(handles);
        } catch (ReflectiveOperationException impossible) {
            throw new AssertionError(functions + " is not a record of method handles", impossible);
        }
    }

    private static MethodHandle bind(C prototype, SharedLibrary library) {
        FunctionDescriptor descriptor = descriptor(prototype);
        for (String name : prototype.name()) {
            MemorySegment symbol = library.symbol(name);
            if (symbol.address() != 0) {
                return Linker.nativeLinker().downcallHandle(symbol, descriptor);
            }
        }
        UnsatisfiedLinkError reason = library.missing();
        if (reason == null) {
            reason = new UnsatisfiedLinkError(library.report().path() + " has no function "
                    + String.join(" or ", prototype.name()));
        }
        MethodType type = descriptor.toMethodType();
        MethodHandle thrower = MethodHandles.throwException(type.returnType(),
                UnsatisfiedLinkError.class).bindTo(reason);
        return MethodHandles.dropArguments(thrower, 0, type.parameterList());
    }

    /** The exported names of every function of these records, each function's in a list of its own. */
    @SafeVarargs
    static List<List<String>> names(Class<? extends Record>... functions) {
        return Arrays.stream(functions).flatMap(record -> Arrays.stream(record.getRecordComponents()))
                .map(component -> List.of(component.getAnnotation(C.class).name())).toList();
    }

    static FunctionDescriptor descriptor(C prototype) {
        MemoryLayout[] takes = Arrays.stream(prototype.takes()).map(CType::layout).toArray(MemoryLayout[]::new);
        if (prototype.returns() == CType.VOID) {
            return FunctionDescriptor.ofVoid(takes);
        }
        return FunctionDescriptor.of(prototype.returns().layout(), takes);
    }
}
