package io.gimbal.experiment;

import io.gimbal.config.Config;
import io.gimbal.run.TrainedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Which step of a run is measured on the test data; these never have a say in it.
 *
 * @param heldOut the part of the training data that chooses; empty: the last step is taken
 */
record Selection(OptionalDouble heldOut) {
    private static final double DEFAULT_PART = 0.1;

    /** Reads {@code select}: {@code "last"}, or {@code {"hold_out": 0.1}}, which is the default. */
    static Selection read(Config experiment) {
        Config spec = experiment.find("select").orElse(null);
        if (spec == null) {
            return new Selection(OptionalDouble.of(DEFAULT_PART));
        }
        if (!spec.isObject()) {
            spec.choice(List.of("last"));
            return new Selection(OptionalDouble.empty());
        }
        spec.allow("hold_out");
        return new Selection(OptionalDouble.of(spec.number("hold_out")));
    }

    /** What it sets in a run's configuration. */
    List<String> settings() {
        List<String> settings = new ArrayList<>();
        heldOut.ifPresent(part -> {
            settings.add("data.hold_out=" + part);
            settings.add("validation={\"held_out\": true}");
        });
        return settings;
    }

    /** Which of a run's checkpoints is measured; empty: the best where there is one, else the last. */
    Optional<TrainedModel.Which> which() {
        return heldOut.isPresent() ? Optional.empty() : Optional.of(TrainedModel.Which.LAST);
    }

    @Override
    public String toString() {
        return heldOut.isPresent() ? "the step that did best on " + heldOut.getAsDouble()
                + " of the training data, which were held out" : "the last step";
    }
}
