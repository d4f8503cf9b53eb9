package io.gimbal.model;

import io.gimbal.nn.Layer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Layers one behind the other, each of which may know what a published network calls it: the name of its module there,
 * by its place here ({@code 0}, {@code 2.body.1}).
 */
final class Part {
    private final List<Layer> layers = new ArrayList<>();
    private final SequencedMap<String, String> published = new LinkedHashMap<>();

    /** Of layers that no published network has. */
    static Part of(Layer... layers) {
        Part part = new Part();
        for (Layer layer : layers) {
            part.add(layer);
        }
        return part;
    }

    Part add(Layer layer) {
        layers.add(layer);
        return this;
    }

    /** @param module its name in a published network */
    Part add(Layer layer, String module) {
        published.put(Integer.toString(layers.size()), module);
        return add(layer);
    }

    /** Another's layers behind these. */
    Part add(Part other) {
        other.published.forEach((place, module) -> published.put(moved(place, layers.size()), module));
        layers.addAll(other.layers);
        return this;
    }

    private static int layer(String place) {
        return Integer.parseInt(place.split("\\.", 2)[0]);
    }

    private static String moved(String place, int by) {
        return place.replaceFirst("^\\d+", Integer.toString(layer(place) + by));
    }

    /** body(x) + shortcut(x) behind these; an empty shortcut is the identity. */
    Part addResidual(Part body, Part shortcut) {
        body.published.forEach((place, module) -> published.put(layers.size() + ".body." + place, module));
        shortcut.published.forEach((place, module) -> published.put(layers.size() + ".shortcut." + place, module));
        return add(new Layer.Residual(body.layers, shortcut.layers));
    }

    /** The first so many layers. */
    Part before(int count) {
        return cut(0, count);
    }

    /** The layers from that number on. */
    Part from(int first) {
        return cut(first, layers.size());
    }

    /** The same, its convolutions starting normally distributed, but for those that start otherwise. */
    Part startingNormal(double deviation) {
        Part part = new Part();
        layers.forEach(layer -> part.layers.add(startingNormal(layer, deviation)));
        part.published.putAll(published);
        return part;
    }

    private static Layer startingNormal(Layer layer, double deviation) {
        return switch (layer) {
            case Layer.Conv2d convolution when convolution.initial().isEmpty() -> convolution.startingNormal(deviation);
            case Layer.Residual residual -> new Layer.Residual(
                    residual.body().stream().map(inner -> startingNormal(inner, deviation)).toList(),
                    residual.shortcut().stream().map(inner -> startingNormal(inner, deviation)).toList());
            default -> layer;
        };
    }

    private Part cut(int first, int end) {
        Part cut = new Part();
        cut.layers.addAll(layers.subList(first, end));
        published.forEach((place, module) -> {
            int layer = layer(place);
            if (layer >= first && layer < end) {
                cut.published.put(moved(place, -first), module);
            }
        });
        return cut;
    }

    List<Layer> layers() {
        return List.copyOf(layers);
    }

    /**
     * Modules of a block that consists of these layers, and for each that of a published network.
     *
     * @param first the number of the first layer in the block
     */
    SequencedMap<String, String> published(String block, int first) {
        SequencedMap<String, String> modules = new LinkedHashMap<>();
        published.forEach((place, module) -> modules.put(block + "." + moved(place, first), module));
        return modules;
    }
}
