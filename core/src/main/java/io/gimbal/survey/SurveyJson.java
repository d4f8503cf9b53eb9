package io.gimbal.survey;

import io.gimbal.data.Field;
import io.gimbal.shaded.jackson.databind.json.JsonMapper;
import io.gimbal.shaded.jackson.databind.node.ArrayNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.util.List;

/** A survey as JSON. Numbers of what there is none of are left out. */
final class SurveyJson {
    private static final JsonMapper MAPPER = new JsonMapper();

    private SurveyJson() {}

    static String of(Survey survey) {
        ObjectNode json = MAPPER.createObjectNode();
        survey.training().ifPresent(set -> json.set(set.part(), of(set)));
        survey.validation().ifPresent(set -> json.set(set.part(), of(set)));
        texts(json, "suspicions", survey.suspicions());
        texts(json, "faults", survey.faults());
        return json.toPrettyString();
    }

    private static void texts(ObjectNode json, String key, List<String> texts) {
        ArrayNode list = json.putArray(key);
        texts.forEach(list::add);
    }

    private static ObjectNode of(SetFigures set) {
        ObjectNode json = MAPPER.createObjectNode().put("origin", set.origin()).put("examples", set.examples())
                .put("read", set.sound());
        if (set.pictured()) {
            images(set, json);
        }
        ObjectNode fields = json.putObject("fields");
        set.fields().forEach(field -> fields.set(field.field().name(), of(field)));
        json.put("without_labels", set.withoutLabels());
        texts(json, "first_without_labels", set.unlabelled());
        json.put("images_again", set.again());
        texts(json, "first_images_again", set.twice());
        return json;
    }

    private static void images(SetFigures set, ObjectNode json) {
        ArrayNode sizes = json.putArray("sizes");
        set.sizes().forEach((size, count) -> sizes.addObject().put("width", size.width()).put("height", size.height())
                .put("examples", count));
        ArrayNode colours = json.putArray("channels");
        for (Moments channel : set.colours()) {
            colours.add(of(channel));
        }
    }

    private static ObjectNode of(FieldFigures figures) {
        Field field = figures.field();
        ObjectNode json = MAPPER.createObjectNode().put("kind", field.kind().name().toLowerCase(java.util.Locale.ROOT))
                .put("whole_image", field.wholeImage()).put("labelled_examples", figures.labelledExamples())
                .put("labelled_places", figures.labelled());
        if (figures.examples() > 0) {
            json.put("labelled_part", figures.labelledPart());
        }
        if (figures.counted() > 0) {
            ArrayNode counts = json.putArray("counts");
            for (int number = 0; number < figures.counted(); number++) {
                ObjectNode count = counts.addObject().put("name", field.nameOf(number)).put("examples",
                        figures.examplesOf(number));
                if (field.kind() == Field.Kind.CLASSES) {
                    count.put("places", figures.ofClass(number));
                }
            }
        }
        if (figures.channels() > 0) {
            ArrayNode values = json.putArray("values");
            for (int channel = 0; channel < figures.channels(); channel++) {
                values.add(of(figures.values(channel)).put("name", field.channelName(channel)));
            }
        }
        return json;
    }

    private static ObjectNode of(Moments moments) {
        ObjectNode json = MAPPER.createObjectNode().put("count", moments.count()).put("not_finite",
                moments.notFinite());
        if (moments.count() > 0) {
            json.put("least", moments.least()).put("largest", moments.largest()).put("mean", moments.mean())
                    .put("deviation", moments.deviation());
        }
        return json;
    }
}
