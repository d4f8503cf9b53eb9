package io.gimbal.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.cuda.Driver;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The {@code Divisor} of {@code common.cuh}, as the GPU runs it, against division. */
class DivisorTest {
    private static final String SOURCE = """
            #include "common.cuh"
            KERNEL(divide, const int* x, const int* divisors, int* quotients, int* rests, int n) {
                for (int i = threadIdx.x; i < n; i += THREADS) {
                    unsigned int rest;
                    quotients[i] = (int)Divisor(divisors[i]).divide((unsigned int)x[i], rest);
                    rests[i] = (int)rest;
                }
            }
            """;
    private static final int[] DIVISORS = {
        1, 2, 3, 5, 7, 10, 15, 16, 240, 641, 46_341, 65_535, 65_536, 65_537, 1_000_003, 1 << 30, Integer.MAX_VALUE - 1,
        Integer.MAX_VALUE
    };

    @Test
    void quotientAndRestAreThoseOfDivisionForEveryNumber() {
        List<int[]> pairs = new ArrayList<>();
        Random random = new Random(1);
        for (int divisor : DIVISORS) {
            int last = Integer.divideUnsigned(-1, divisor) * divisor;
            int middle = Integer.MAX_VALUE / divisor * divisor;
            for (int multiple : new int[] {0, divisor, 2 * divisor, 3 * divisor, middle, last}) {
                for (int step = -2; step <= 2; step++) {
                    pairs.add(new int[] {multiple + step, divisor});
                }
            }
            for (int i = 0; i < 100; i++) {
                int multiple = random.nextInt() / divisor * divisor;
                pairs.add(new int[] {multiple, divisor});
                pairs.add(new int[] {multiple - 1, divisor});
                pairs.add(new int[] {random.nextInt(), divisor});
            }
        }
        int n = pairs.size();
        int[] x = pairs.stream().mapToInt(pair -> pair[0]).toArray();
        int[] divisors = pairs.stream().mapToInt(pair -> pair[1]).toArray();
        try (Device device = PtxUnderTest.open()) {
            Driver driver = device.driver();
            long module = driver.loadModule(device.compiler().compile("divide.cu", SOURCE,
                    KernelSource.read("elementwise").headers(),
                    KernelOptions.forArchitecture(device.architecture())).image());
            Stream stream = device.newStream();
            DeviceMemory quotients = device.allocate(4L * n);
            DeviceMemory rests = device.allocate(4L * n);
            driver.launchKernel(driver.function(module, "divide"), 1, 1, 1, Kernel.BLOCK_THREADS, 1, 1, 0,
                    stream.handle(), new Object[] {TestDevices.memory(device, x).address(),
                        TestDevices.memory(device, divisors).address(), quotients.address(), rests.address(), n});
            stream.synchronize();
            int[] quotient = TestDevices.ints(device, quotients);
            int[] rest = TestDevices.ints(device, rests);
            driver.unloadModule(module);
            IntStream.range(0, n).forEach(i -> {
                String of = Integer.toUnsignedString(x[i]) + " / " + divisors[i];
                assertEquals(Integer.divideUnsigned(x[i], divisors[i]), quotient[i], of);
                assertEquals(Integer.remainderUnsigned(x[i], divisors[i]), rest[i], "what is left of " + of);
            });
        }
    }
}
