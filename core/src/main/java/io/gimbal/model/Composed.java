package io.gimbal.model;

import io.gimbal.config.Names;
import io.gimbal.config.Range;
import io.gimbal.config.UserException;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * An encoder, a backbone and a decoder: {@code new Composed(new CrossStitch(), new Backbone(HRNET18, false), new
 * MtiNet(), 1)} shares features in the encoder and in the decoder.
 *
 * @param encoder  what the tasks share, and how
 * @param backbone the encoder's
 * @param decoder  what predicts each task
 * @param width    a factor on all hidden channels, above 0; 1 for the papers' networks. Each layer keeps at least 2
 */
public record Composed(Encoder encoder, Backbone backbone, Decoder decoder, double width) implements Architecture {
    /** Checks each part. */
    public Composed {
        Objects.requireNonNull(encoder, "encoder is null");
        Objects.requireNonNull(backbone, "backbone is null");
        Objects.requireNonNull(decoder, "decoder is null");
        Range.POSITIVE.check("width", width);
    }

    @Override
    public Network network(int channels, int height, int imageWidth, PredictedTasks tasks) {
        if (!decoder.takesAuxiliary()) {
            refuseAuxiliary(tasks);
        }
        Blocks blocks = new Blocks(channels, height, imageWidth, width);
        decoder.build(blocks, encoder.build(blocks, backbone, List.copyOf(tasks.every().keySet())), tasks);
        Backbone.Source source = backbone.source();
        return blocks.network().pretrained(List.of(new Pretrained(source.name(), blocks.published(),
                Set.copyOf(source.unused()))));
    }

    static void refuseAuxiliary(PredictedTasks tasks) {
        if (!tasks.auxiliary().isEmpty()) {
            throw new UserException("there are auxiliary tasks (" + Names.list(tasks.auxiliary().keySet())
                    + "), from which only pad_net, mti_net and pap_net learn: make them tasks like the others");
        }
    }
}
