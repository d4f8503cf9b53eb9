// A program that calls the CUDA driver by java.lang.foreign: its context, its stream and its memory are its own, Gimbal
// trains in them, and the program reads what came of it. From the project's folder, after ./gimbal --version has built
// Gimbal:
//
//   java --enable-native-access=ALL-UNNAMED --class-path 'target/lib/*' examples/HandOverForeign.java

import static io.gimbal.nn.Layers.*;
import static java.lang.foreign.ValueLayout.*;

import io.gimbal.balance.GradNorm;
import io.gimbal.device.BindingKind;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.device.DeviceMemory;
import io.gimbal.device.Stream;
import io.gimbal.engine.StepRecord;
import io.gimbal.loss.Loss;
import io.gimbal.model.Network;
import io.gimbal.optimizer.Adam;
import io.gimbal.train.*;
import java.lang.foreign.*;
import java.lang.invoke.MethodHandle;

final int BATCH = 16;
final int PIXELS = 8 * 8;
final int STREAM_NON_BLOCKING = 1;
final long IMAGE_BYTES = BATCH * PIXELS * JAVA_FLOAT.byteSize();
final long TARGET_BYTES = BATCH * JAVA_FLOAT.byteSize();

/** The driver that Gimbal would take: a GPU's, or the software device's. */
final SymbolLookup cuda = SymbolLookup.libraryLookup(Device.load(DeviceKind.AUTO, BindingKind.PANAMA), Arena.global());

final MethodHandle cuInit = driver("cuInit", JAVA_INT);
final MethodHandle cuCtxCreate = driver("cuCtxCreate_v2", ADDRESS, JAVA_INT, JAVA_INT);
final MethodHandle cuCtxDestroy = driver("cuCtxDestroy_v2", ADDRESS);
final MethodHandle cuStreamCreate = driver("cuStreamCreate", ADDRESS, JAVA_INT);
final MethodHandle cuStreamSynchronize = driver("cuStreamSynchronize", ADDRESS);
final MethodHandle cuStreamDestroy = driver("cuStreamDestroy_v2", ADDRESS);
final MethodHandle cuMemAlloc = driver("cuMemAlloc_v2", ADDRESS, JAVA_LONG);
final MethodHandle cuMemFree = driver("cuMemFree_v2", JAVA_LONG);
final MethodHandle cuMemcpyHtoD = driver("cuMemcpyHtoD_v2", JAVA_LONG, ADDRESS, JAVA_LONG);
final MethodHandle cuMemcpyDtoH = driver("cuMemcpyDtoH_v2", ADDRESS, JAVA_LONG, JAVA_LONG);

void main() throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
        MemorySegment out = arena.allocate(JAVA_LONG);
        check((int) cuInit.invokeExact(0));
        check((int) cuCtxCreate.invokeExact(out, 0, 0));
        MemorySegment context = out.get(ADDRESS, 0);
        check((int) cuStreamCreate.invokeExact(out, STREAM_NON_BLOCKING));
        MemorySegment stream = out.get(ADDRESS, 0);
        long images = allocate(out, IMAGE_BYTES);
        long brightness = allocate(out, TARGET_BYTES);
        long side = allocate(out, TARGET_BYTES);
        MemorySegment pixels = arena.allocate(JAVA_FLOAT, BATCH * PIXELS);
        MemorySegment mean = arena.allocate(JAVA_FLOAT, BATCH);
        MemorySegment right = arena.allocate(JAVA_INT, BATCH);

        try (Device device = Device.of(DeviceKind.AUTO, BindingKind.PANAMA, context.address());
                Trainer trainer = trainer(device)) {
            IO.println("Training on " + device.describe() + ", in a context of this program's");
            Stream ours = Stream.of(device, stream.address());
            DeviceExamples batch = new DeviceExamples(DeviceMemory.of(device, images, IMAGE_BYTES), Map.of(
                    "brightness", DeviceMemory.of(device, brightness, TARGET_BYTES),
                    "side", DeviceMemory.of(device, side, TARGET_BYTES)));
            for (int step = 0; step < 300; step++) {
                // Gimbal lets the stream wait until it has taken the batch; then the memory may be filled anew.
                check((int) cuStreamSynchronize.invokeExact(stream));
                fill(pixels, mean, right);
                check((int) cuMemcpyHtoD.invokeExact(images, pixels, IMAGE_BYTES));
                check((int) cuMemcpyHtoD.invokeExact(brightness, mean, TARGET_BYTES));
                check((int) cuMemcpyHtoD.invokeExact(side, right, TARGET_BYTES));
                trainer.advance(batch, ours);
                trainer.poll().forEach(this::print);
            }
            trainer.drain().forEach(this::print);

            trainer.awaitIn(ours);
            check((int) cuStreamSynchronize.invokeExact(stream));
            DeviceMemory bias = trainer.step().model().parameter("heads.brightness.0.bias");
            MemorySegment read = arena.allocate(bias.bytes(), JAVA_FLOAT.byteAlignment());
            check((int) cuMemcpyDtoH.invokeExact(read, bias.address(), bias.bytes()));
            IO.println("The program reads the bias of the brightness: " + Arrays.toString(read.toArray(JAVA_FLOAT)));
        }

        // Gimbal is closed; what this program made is still there, and is the program's to free.
        for (long memory : new long[] {images, brightness, side}) {
            check((int) cuMemFree.invokeExact(memory));
        }
        check((int) cuStreamDestroy.invokeExact(stream));
        check((int) cuCtxDestroy.invokeExact(context));
    }
}

MethodHandle driver(String function, MemoryLayout... takes) {
    return Linker.nativeLinker().downcallHandle(cuda.findOrThrow(function), FunctionDescriptor.of(JAVA_INT, takes));
}

void check(int status) {
    if (status != 0) {
        throw new IllegalStateException("the CUDA driver returned status " + status);
    }
}

long allocate(MemorySegment out, long bytes) throws Throwable {
    check((int) cuMemAlloc.invokeExact(out, bytes));
    return out.get(JAVA_LONG, 0);
}

Trainer trainer(Device device) {
    Network network = Network.ofImages(1, 8, 8)
            .trunk(conv2d(8, 3).padding(1), relu(), maxPool(2), flatten(8 * 4 * 4), linear(32), relu())
            .head("brightness", linear(1))
            .head("side", linear(2));
    return Trainer.of(device, network).batch(BATCH)
            .task("brightness", Loss.l2()).task("side", Loss.crossEntropy(2))
            .balancing(GradNorm.withAlpha(1.5)).optimizer(Adam.withRate(1e-3)).build();
}

void print(StepRecord step) {
    if (step.step() % 50 == 49) {
        IO.println("step %d: loss %.4f and %.4f, weight %.2f and %.2f".formatted(step.step() + 1, step.loss()[0],
                step.loss()[1], step.weight()[0], step.weight()[1]));
    }
}

final Random random = new Random(1);

/** Made-up images, brighter on one side: how bright are they on the whole, and which side is it? */
void fill(MemorySegment pixels, MemorySegment mean, MemorySegment right) {
    for (int image = 0; image < BATCH; image++) {
        int which = random.nextInt(2);
        float sum = 0;
        for (int i = 0; i < PIXELS; i++) {
            float value = random.nextFloat() + ((i % 8 >= 4) == (which == 1) ? 0.2f : 0);
            pixels.setAtIndex(JAVA_FLOAT, image * PIXELS + i, value);
            sum += value;
        }
        mean.setAtIndex(JAVA_FLOAT, image, sum / PIXELS);
        right.setAtIndex(JAVA_INT, image, which);
    }
}
