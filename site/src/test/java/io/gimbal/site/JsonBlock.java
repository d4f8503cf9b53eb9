package io.gimbal.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.config.Config;
import io.gimbal.config.UserException;
import io.gimbal.data.DataSet;
import io.gimbal.graph.Shape;
import io.gimbal.model.NetworkReader;
import io.gimbal.optimizer.Schedule;
import io.gimbal.run.TrainingConfig;
import io.gimbal.run.TrainingPlan;
import io.gimbal.source.Sources;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A block of JSON is read by what reads it in a training: its data are opened, over a folder that is made as it
 * describes, and all other parts are put into a whole configuration.
 */
final class JsonBlock {
    /** What it may be a part of: one of them has the parameters that its optimizer names. */
    private static final List<Config> WHOLE = List.of(example("rooms.json"), example("survey.json")
            .with("model.architecture=cross_stitch"));
    private static final int STEPS = 1000;

    private JsonBlock() {}

    private static Config example(String name) {
        return Config.read(Repository.ROOT.resolve("examples").resolve(name));
    }

    static void check(Block block, Path folder) throws IOException {
        Config shown = Config.parse(whole(block.text()), block.place());
        if (shown.has("cache")) {
            shown = Config.parse("{\"data\": {\"source\": \"rooms\", \"count\": 8}}", block.place()).with("data.cache="
                    + shown.object("cache").canonicalText()).with("data.cache.folder=" + folder.resolve("cache"));
        }
        if (shown.has("data") && !shown.object("data").text("source").equals("rooms")) {
            DescribedFolder.write(shown, folder);
            shown = shown.with("data.path=" + folder);
        }
        if (shown.has("data") && shown.has("model")) {
            assertTrue(TrainingConfig.read(shown).steps() > 0);
        } else if (shown.has("data")) {
            open(shown);
        } else {
            plan(shown);
        }
    }

    /** Dots stand for more layers, and for layers that are not told. */
    private static String whole(String text) {
        String told = text.replace("[...]", "[{\"layer\": \"relu\"}]").replace(" ...,", "").replace(", ...", "");
        return told.startsWith("{") ? told : "{" + told + "}";
    }

    private static void open(Config shown) {
        Config data = shown.object("data");
        Shape input = data.text("source").equals("table") ? Shape.features(1, DescribedFolder.inputs(data))
                : Shape.image(1, 3, 48, 64);
        DataSet learned = Sources.training(data, 1, input);
        assertTrue(learned.size() > 0);
        shown.find("validation").ifPresent(held -> assertTrue(Sources.validation(held, data, 1, input,
                learned.statistics()).size() > 0));
        data.find("fields").ifPresent(fields -> assertTrue(learned.fields().stream().map(field -> field.name()).toList()
                .containsAll(fields.keys()), learned.fields()::toString));
    }

    private static void plan(Config shown) {
        if (shown.has("model") && shown.has("tasks")) {
            assertEquals(shown.object("tasks").keys().size(), TrainingPlan.read(shown).tasks().size());
            return;
        }
        if (shown.has("model")) {
            Config model = shown.object("model");
            Optional<Config> tasks = model.has("architecture") ? WHOLE.getLast().find("tasks") : Optional.empty();
            assertTrue(!NetworkReader.read(model, tasks).graph(1).parameters().isEmpty());
            return;
        }
        UserException refusal = null;
        for (Config whole : WHOLE) {
            try {
                TrainingPlan.read(over(whole, shown));
                shown.find("schedule").ifPresent(schedule -> Schedule.read(schedule, 1e-3, STEPS));
                return;
            } catch (UserException refused) {
                refusal = refused;
            }
        }
        throw refusal;
    }

    private static Config over(Config whole, Config shown) {
        Set<String> keys = shown.keys();
        Config all = keys.contains("epochs") ? whole.with("steps=null") : whole;
        for (String key : keys) {
            all = all.with(key + "=" + shown.find(key).orElseThrow().canonicalText());
        }
        return all;
    }
}
