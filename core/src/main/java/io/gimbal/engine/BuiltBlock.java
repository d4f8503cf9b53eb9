package io.gimbal.engine;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.graph.Parameter;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/** The parameters of a block of operations: its own, or all those of another that it is tied to. */
final class BuiltBlock {
    private final String name;
    private final String owner;
    /** By their names within the block: {@code 0.weight}. */
    private final SequencedMap<String, Parameter> parameters;
    /** Those that have to be used; empty where the block has its own. */
    private final Optional<Set<String>> unused;

    private BuiltBlock(String name, String owner, SequencedMap<String, Parameter> parameters,
            Optional<Set<String>> unused) {
        this.name = name;
        this.owner = owner;
        this.parameters = parameters;
        this.unused = unused;
    }

    static BuiltBlock of(String name) {
        return new BuiltBlock(name, name, new LinkedHashMap<>(), Optional.empty());
    }

    static BuiltBlock tied(String name, BuiltBlock other) {
        return new BuiltBlock(name, other.owner, other.parameters,
                Optional.of(new HashSet<>(other.parameters.keySet())));
    }

    String name() {
        return name;
    }

    private String within(String own) {
        if (!own.startsWith(name + ".")) {
            throw new IllegalStateException(own + " is put down in " + this + ", with which its name does not begin");
        }
        return own.substring(name.length() + 1);
    }

    /** The module whose running statistics a batch norm of that name moves. */
    String module(String norm) {
        return owner + "." + within(norm);
    }

    /** What an operation uses in place of a parameter that it would have by itself. */
    Parameter parameter(Parameter own) {
        String within = within(own.name());
        if (unused.isEmpty()) {
            parameters.put(within, own);
            return own;
        }
        Parameter other = parameters.get(within);
        if (other == null) {
            throw new UserException(tie() + "which has no " + owner + "." + within + " in place of " + own
                    + ": give it the same layers");
        }
        if (!Arrays.equals(other.shape(), own.shape())) {
            throw new UserException(tie() + "but " + own + " cannot be " + other
                    + ": give both the same layers, and the same channels to read");
        }
        unused.get().remove(within);
        return other;
    }

    /** Requires that all of the other block's parameters are used. */
    void end() {
        unused.stream().flatMap(Set::stream).sorted().findFirst().ifPresent(missing -> {
            throw new UserException(tie() + "but has no layer for " + parameters.get(missing)
                    + ": give it the same layers");
        });
    }

    private String tie() {
        return this + " has the weights of block " + Names.quote(owner) + ", ";
    }

    @Override
    public String toString() {
        return "block " + Names.quote(name);
    }
}
