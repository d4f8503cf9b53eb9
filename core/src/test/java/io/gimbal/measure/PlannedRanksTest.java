package io.gimbal.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.gimbal.device.Precision;
import io.gimbal.dnn.DeviceLimits;
import io.gimbal.program.Exchanged;
import io.gimbal.program.Instruction;
import io.gimbal.program.Instruction.Call;
import io.gimbal.program.Instruction.Call.Exchange.Kind;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PlannedRanksTest {
    /** Of two ranks, so that an exchange of b bytes takes 1 + b seconds, whichever it is. */
    private static final Link LINK = new Link("made up", 1, 1, "made up");
    private static final DeviceLimits LIMITS = new DeviceLimits(2, 2, 2, 1e30, Optional.empty(), "made up");

    /** A product that takes so many seconds. */
    private static Instruction launch(int seconds) {
        return instruction(new Call.Product(false, false, 1, 1, seconds, null, null, null, false));
    }

    private static Instruction exchange(Kind kind, int bytes, boolean beside) {
        return instruction(new Call.Exchange(kind, List.of(Exchanged.bytes("made up", 0, bytes)), beside));
    }

    private static Instruction instruction(Call call) {
        return new Instruction("made up", List.of(), call, (device, stream) -> { });
    }

    /**
     * Launches until 3, a gathering that is waited for until 8, launches until 10; beside them exchanges from 10 until
     * 12 and 16, of which launches until 14 hide 4 s; and behind all a launch until 17.
     */
    private static final List<Instruction> PROGRAM = List.of(launch(3), exchange(Kind.GATHER, 4, false), launch(2),
            exchange(Kind.SUM, 1, true), exchange(Kind.AVERAGE, 3, true), launch(4),
            instruction(new Call.Awaited()), launch(1));

    @Test
    void whatIsWaitedForHoldsUpLaunchesAndWhatGoesOnBesideThemHides() {
        PlannedRanks planned = PlannedRanks.of(PROGRAM, 2, 5, LINK, Precision.FLOAT32, Optional.of(LIMITS));
        assertEquals(new PlannedRanks(2, LINK, 5, 1, 4, 2, 4, Optional.of(new PlannedRanks.Times(10, 11, 17))),
                planned);
        assertEquals(4, planned.times().orElseThrow().hidden());
        assertEquals(10.0 / 17, planned.times().orElseThrow().efficiency());
    }

    @Test
    void withoutADevicesLimitsThereAreNoTimes() {
        assertEquals(new PlannedRanks(2, LINK, 5, 1, 4, 2, 4, Optional.empty()), PlannedRanks.of(PROGRAM, 2, 5, LINK,
                Precision.FLOAT32, Optional.empty()));
    }
}
