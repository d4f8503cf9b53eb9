// A program that uses JCuda: its context, its stream and its memory are its own, Gimbal trains in them, and JCuda reads
// what came of it. From the project's folder, after ./gimbal --version has built Gimbal:
//
//   java --enable-native-access=ALL-UNNAMED --class-path 'target/lib/*' examples/HandOverJcuda.java

import static io.gimbal.cuda.jcuda.JcudaHandles.numberOf;
import static io.gimbal.nn.Layers.*;
import static jcuda.driver.JCudaDriver.*;

import io.gimbal.balance.GradNorm;
import io.gimbal.cuda.jcuda.JcudaHandles;
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
import jcuda.Pointer;
import jcuda.Sizeof;
import jcuda.driver.*;

final int BATCH = 16;
final int PIXELS = 8 * 8;
final long IMAGE_BYTES = (long) BATCH * PIXELS * Sizeof.FLOAT;
final long TARGET_BYTES = (long) BATCH * Sizeof.FLOAT;

void main() {
    // Before the first call of JCuda's: its natives ask for CUDA 12, and here may be CUDA 13, or no GPU at all.
    Device.load(DeviceKind.AUTO, BindingKind.JCUDA);
    setExceptionsEnabled(true);
    cuInit(0);
    CUdevice gpu = new CUdevice();
    cuDeviceGet(gpu, 0);
    CUcontext context = new CUcontext();
    cuCtxCreate(context, 0, gpu);
    CUstream stream = new CUstream();
    cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
    CUdeviceptr images = allocate(IMAGE_BYTES);
    CUdeviceptr brightness = allocate(TARGET_BYTES);
    CUdeviceptr side = allocate(TARGET_BYTES);
    CUdeviceptr brightnessFound = allocate(TARGET_BYTES);
    CUdeviceptr sideFound = allocate(2 * TARGET_BYTES);

    try (Device device = Device.of(DeviceKind.AUTO, BindingKind.JCUDA, numberOf(context));
            Trainer trainer = trainer(device)) {
        IO.println("Training on " + device.describe() + ", in a context of this program's");
        Stream ours = Stream.of(device, numberOf(stream));
        DeviceMemory input = DeviceMemory.of(device, numberOf(images), IMAGE_BYTES);
        DeviceExamples batch = new DeviceExamples(input, Map.of(
                "brightness", DeviceMemory.of(device, numberOf(brightness), TARGET_BYTES),
                "side", DeviceMemory.of(device, numberOf(side), TARGET_BYTES)));
        for (int step = 0; step < 300; step++) {
            // Gimbal lets the stream wait until it has taken the batch; then the memory may be filled anew.
            cuStreamSynchronize(stream);
            fill(images, brightness, side);
            trainer.advance(batch, ours);
            trainer.poll().forEach(this::print);
        }
        trainer.drain().forEach(this::print);

        // What came of it, where it lies: a parameter, and predictions for the last batch.
        trainer.awaitIn(ours);
        trainer.inference().run(input, List.of(DeviceMemory.of(device, numberOf(brightnessFound), TARGET_BYTES),
                DeviceMemory.of(device, numberOf(sideFound), 2 * TARGET_BYTES)), ours);
        cuStreamSynchronize(stream);
        DeviceMemory bias = trainer.step().model().parameter("heads.brightness.0.bias");
        IO.println("JCuda reads the bias of the brightness: "
                + Arrays.toString(read(JcudaHandles.pointer(bias.address()), bias.bytes())));
        IO.println("JCuda reads brightnesses, true and found: %.3f and %.3f".formatted(
                read(brightness, TARGET_BYTES)[0], read(brightnessFound, TARGET_BYTES)[0]));
    }

    // Gimbal is closed; what this program made is still there, and is the program's to free.
    for (CUdeviceptr memory : List.of(images, brightness, side, brightnessFound, sideFound)) {
        cuMemFree(memory);
    }
    cuStreamDestroy(stream);
    cuCtxDestroy(context);
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

CUdeviceptr allocate(long bytes) {
    CUdeviceptr pointer = new CUdeviceptr();
    cuMemAlloc(pointer, bytes);
    return pointer;
}

float[] read(CUdeviceptr from, long bytes) {
    float[] values = new float[(int) (bytes / Sizeof.FLOAT)];
    cuMemcpyDtoH(Pointer.to(values), from, bytes);
    return values;
}

void print(StepRecord step) {
    if (step.step() % 50 == 49) {
        IO.println("step %d: loss %.4f and %.4f, weight %.2f and %.2f".formatted(step.step() + 1, step.loss()[0],
                step.loss()[1], step.weight()[0], step.weight()[1]));
    }
}

final Random random = new Random(1);

/** Made-up images, brighter on one side: how bright are they on the whole, and which side is it? */
void fill(CUdeviceptr images, CUdeviceptr brightness, CUdeviceptr side) {
    float[] pixels = new float[BATCH * PIXELS];
    float[] mean = new float[BATCH];
    int[] right = random.ints(BATCH, 0, 2).toArray();
    for (int i = 0; i < pixels.length; i++) {
        pixels[i] = random.nextFloat() + ((i % 8 >= 4) == (right[i / PIXELS] == 1) ? 0.2f : 0);
        mean[i / PIXELS] += pixels[i] / PIXELS;
    }
    cuMemcpyHtoD(images, Pointer.to(pixels), IMAGE_BYTES);
    cuMemcpyHtoD(brightness, Pointer.to(mean), TARGET_BYTES);
    cuMemcpyHtoD(side, Pointer.to(right), TARGET_BYTES);
}
