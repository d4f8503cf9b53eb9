package io.gimbal.model;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What turns images into features, as stages one behind the other (the survey of arXiv 2004.13379 has the ResNets and
 * the HRNets; VGG16 is what several of the papers themselves have).
 *
 * @param kind    which network
 * @param dilated whether a ResNet's third and fourth stage keep the size, by dilated convolutions: output stride 8 in
 *                place of 32
 */
public record Backbone(Kind kind, boolean dilated) {
    /** The networks. */
    public enum Kind {
        /** ResNet-18 (arXiv 1512.03385). */
        RESNET18(new Resnet(false, 2, 2, 2, 2)),
        /** ResNet-34 (arXiv 1512.03385). */
        RESNET34(new Resnet(false, 3, 4, 6, 3)),
        /** ResNet-50 (arXiv 1512.03385). */
        RESNET50(new Resnet(true, 3, 4, 6, 3)),
        /** ResNet-101 (arXiv 1512.03385). */
        RESNET101(new Resnet(true, 3, 4, 23, 3)),
        /** VGG16 without batch norms (arXiv 1409.1556). */
        VGG16(new Vgg16(false)),
        /** VGG16 with batch norms. */
        VGG16_BN(new Vgg16(true)),
        /** HRNet-W18-C-Small-V2 (arXiv 1908.07919). */
        HRNET18_SMALL_V2(new Hrnet(18, 2, List.of(1, 3, 2), 2)),
        /** HRNet-W18. */
        HRNET18(new Hrnet(18, 4, List.of(1, 4, 3), 4)),
        /** HRNet-W32. */
        HRNET32(new Hrnet(32, 4, List.of(1, 4, 3), 4)),
        /** HRNet-W48. */
        HRNET48(new Hrnet(48, 4, List.of(1, 4, 3), 4));

        private final Form form;

        Kind(Form form) {
            this.form = form;
        }

        /** {@return its name in configurations} */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How a network is put together. */
    sealed interface Form permits Resnet, Vgg16, Hrnet {
        /** Its stages, of so many channels as the blocks' width says. */
        List<Stage> stages(Blocks blocks, boolean dilated);

        /** Where its published parameters come from, for messages, and their modules that have no place here. */
        Source source();
    }

    /**
     * A published network.
     *
     * @param unused its modules that have no place here
     */
    record Source(String name, List<String> unused) {}

    /** A stage of a network. */
    interface Stage {
        /** As blocks' names have it. */
        String name();

        /**
         * Adds its blocks.
         *
         * @param prefix of their names
         * @param read   what the stage before leaves, or the input
         * @return what it leaves: one value, or several from fine to coarse
         */
        List<String> add(Blocks blocks, String prefix, List<String> read);

        /** Its layers, where it is nothing but one behind the other. */
        default Optional<Part> part() {
            return Optional.empty();
        }
    }

    /** Layers one behind the other. */
    record Sequence(String name, Part layers) implements Stage {
        @Override
        public List<String> add(Blocks blocks, String prefix, List<String> read) {
            return List.of(blocks.add(prefix + "." + name, read.getFirst(), layers));
        }

        @Override
        public Optional<Part> part() {
            return Optional.of(layers);
        }
    }

    List<Stage> stages(Blocks blocks) {
        return kind.form.stages(blocks, dilated);
    }

    Source source() {
        return kind.form.source();
    }

    /** Whether it leaves several scales at once, which heads read side by side. */
    boolean parallel() {
        return kind.form instanceof Hrnet;
    }

    boolean residual() {
        return kind.form instanceof Resnet;
    }
}
