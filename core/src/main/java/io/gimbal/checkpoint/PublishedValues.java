package io.gimbal.checkpoint;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.engine.NetworkGraph;
import io.gimbal.model.Network;
import io.gimbal.model.Pretrained;
import io.gimbal.storage.Entry;
import io.gimbal.storage.TensorFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads a published network's file into the places that {@link Pretrained} gives them. The names are those that {@code
 * safetensors.torch.save_file(model.state_dict(), ...)} writes for torchvision's models.
 */
final class PublishedValues {
    private static final String COUNTER = "num_batches_tracked";
    private static final String MEAN = ".running_mean";

    private final TensorFile file;
    private final Pretrained published;
    private final Map<String, long[]> shapes;
    /** Modules of the published network, and those here that come from each. */
    private final Map<String, List<String>> places = new LinkedHashMap<>();
    /** Names here, and for each the file's. */
    private final Map<String, String> taken = new LinkedHashMap<>();
    /** Batch norms here, and for each the bias in the file that its mean is less by. */
    private final Map<String, String> biases = new LinkedHashMap<>();
    private final Map<String, Integer> unused = new LinkedHashMap<>();
    private final Misfits misfits = new Misfits();

    private PublishedValues(TensorFile file, Pretrained published, NetworkGraph graph) {
        this.file = file;
        this.published = published;
        this.shapes = graph.shapes();
        published.modules().forEach((here, module) -> places.computeIfAbsent(module, _ -> new ArrayList<>()).add(here));
    }

    static StartValues read(TensorFile file, Network network, NetworkGraph graph) {
        PublishedValues values = new PublishedValues(file, nearest(file, network, graph), graph);
        values.match();
        values.misfits.refuse(file.file() + " as " + values.published.name() + " for this network's encoder");
        return values.read();
    }

    /** The published network of which the file has the most tensors. */
    private static Pretrained nearest(TensorFile file, Network network, NetworkGraph graph) {
        Pretrained nearest = network.pretrained().stream().max(Comparator.comparingLong(known -> known(file, known)))
                .orElseThrow(() -> new UserException(file.file() + ": holds none of this network's parameters, of "
                        + "whose names one is " + graph.shapes().keySet().iterator().next() + "; a published network's"
                        + " can only be taken where model says \"architecture\" or \"network\""));
        if (known(file, nearest) == 0) {
            throw new UserException(file.file() + ": holds none of this network's parameters; it may be a file of "
                    + "Gimbal's with all of them, or of " + String.join(", or of ", network.pretrained().stream()
                    .map(Pretrained::name).toList()));
        }
        return nearest;
    }

    private static long known(TensorFile file, Pretrained network) {
        Set<String> modules = Set.copyOf(network.modules().values());
        return file.names().stream().filter(name -> modules.contains(module(name))).count();
    }

    private static String module(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }

    private static String leaf(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }

    private void match() {
        for (String name : file.names()) {
            if (!places.containsKey(module(name))) {
                leaveOut(name);
            } else if (!leaf(name).equals(COUNTER)) {
                places.get(module(name)).forEach(here -> place(name, here));
            }
        }
        Map<String, List<String>> tensors = shapes.keySet().stream().collect(Collectors.groupingBy(
                PublishedValues::module));
        published.modules().forEach((here, module) -> tensors.getOrDefault(here, List.of()).stream()
                .filter(name -> !taken.containsKey(name))
                .forEach(name -> missing(module + "." + leaf(name), name)));
        published.norms().forEach((convolution, norm) -> {
            if (!biases.containsKey(norm)) {
                missing(published.modules().get(convolution) + ".bias", norm + MEAN);
            }
        });
    }

    private void missing(String name, String here) {
        misfits.add(name, "is missing, for " + here);
    }

    private void leaveOut(String name) {
        published.unused().stream().filter(prefix -> name.startsWith(prefix + ".")).findFirst().ifPresentOrElse(
                prefix -> unused.merge(prefix, 1, Integer::sum),
                () -> misfits.add(name, "has no place in this network."
                        + Names.hint(module(name), places.keySet())));
    }

    /** @param module here */
    private void place(String name, String module) {
        String norm = published.norms().get(module);
        String here = module + "." + leaf(name);
        if (shapes.containsKey(here)) {
            check(name, shapes.get(here));
            taken.put(here, name);
        } else if (norm != null && leaf(name).equals("bias")) {
            check(name, shapes.get(norm + MEAN));
            biases.put(norm, name);
        } else {
            misfits.add(name, "has no place in this network");
        }
    }

    private void check(String name, long[] due) {
        Entry entry = file.entry(name);
        if (!Arrays.equals(withoutOnes(entry.shape()), withoutOnes(due)) || !entry.type().floating()) {
            misfits.add(name, "is " + entry + ", but must be F32 " + Arrays.toString(due));
        }
    }

    /** Without sizes of 1 at the end: a linear layer of theirs may be a 1 x 1 convolution here. */
    private static long[] withoutOnes(long[] shape) {
        int length = shape.length;
        while (length > 1 && shape[length - 1] == 1) {
            length--;
        }
        return Arrays.copyOf(shape, length);
    }

    private StartValues read() {
        Map<String, float[]> tensors = new HashMap<>();
        Map<String, float[]> read = new HashMap<>();
        taken.forEach((here, name) -> tensors.put(here, read.computeIfAbsent(name, one -> file.floats(one,
                file.entry(one).shape())).clone()));
        biases.forEach((norm, name) -> {
            float[] bias = file.floats(name, shapes.get(norm + MEAN));
            float[] mean = tensors.computeIfAbsent(norm + MEAN, unused -> new float[bias.length]);
            for (int i = 0; i < mean.length; i++) {
                mean[i] -= bias[i];
            }
        });
        return new StartValues(tensors, report());
    }

    private List<String> report() {
        List<String> lines = new ArrayList<>();
        int used = Set.copyOf(taken.values()).size() + biases.size();
        lines.add("Start values: " + used + " tensors of " + published.name() + " from " + file.file());
        if (!biases.isEmpty()) {
            lines.add("  " + biases.size() + " of them are biases before batch norms: the running means are less by "
                    + "them");
        }
        if (!unused.isEmpty()) {
            lines.add("  not used: " + String.join(", ", unused.entrySet().stream()
                    .map(entry -> entry.getKey() + ".* (" + entry.getValue() + " tensors)").toList()));
        }
        lines.add("  from scratch: " + (published.own().isEmpty() ? "" : "of the encoder " + String.join(", ",
                published.own()) + "; ") + "all that is behind the encoder");
        if (!published.caution().isEmpty()) {
            lines.add("  mind: " + published.caution());
        }
        return lines;
    }
}
