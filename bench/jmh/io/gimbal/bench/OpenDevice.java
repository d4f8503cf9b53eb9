package io.gimbal.bench;

import io.gimbal.device.BindingKind;
import io.gimbal.device.Device;
import io.gimbal.device.DeviceKind;
import io.gimbal.device.Stream;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A device by one of the bindings: a GPU where one can be used, else the software device. The latter starts what
 * is queued only when it is waited for, and computes on one thread, so that it takes no core from the calls that are
 * measured.
 */
@State(Scope.Thread)
public class OpenDevice {
    @Param
    BindingKind binding;

    DeviceKind kind = DeviceKind.AUTO;
    Device device;
    Stream stream;
    private int threads;

    @Setup
    public void open() {
        device = Device.open(kind, binding);
        device.softDevice().ifPresent(soft -> {
            threads = soft.threads();
            soft.threads(1);
            soft.lateStreams(true);
        });
        stream = device.newStream();
    }

    @TearDown
    public void close() {
        device.softDevice().ifPresent(soft -> {
            soft.threads(threads);
            soft.lateStreams(false);
        });
        device.close();
    }
}
