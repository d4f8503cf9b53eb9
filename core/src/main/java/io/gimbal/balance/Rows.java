package io.gimbal.balance;

import io.gimbal.engine.Balancing.Setting;
import io.gimbal.engine.StateRow;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The rows of what rules keep. */
final class Rows {
    private Rows() {}

    static StateRow weights(Setting setting, ToDoubleFunction<String> start) {
        return StateRow.weights(byTask(setting, start));
    }

    static double[] byTask(Setting setting, ToDoubleFunction<String> value) {
        return setting.tasks().stream().mapToDouble(value).toArray();
    }

    /** A number that moves for each task, with what moves it. */
    static List<StateRow> moved(Setting setting, StateRow weights, StateRow number) {
        List<StateRow> rows = new ArrayList<>(List.of(weights, number));
        rows.addAll(Mover.rows(setting.tasks().size()));
        return rows;
    }
}
