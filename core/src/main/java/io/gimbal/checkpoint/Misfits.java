package io.gimbal.checkpoint;

import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Collects what does not fit a network in a file of tensors, so that one message tells all of it. */
final class Misfits {
    private static final int MOST_TOLD = 20;

    private final SortedSet<String> sentences = new TreeSet<>();

    /** @param fault the rest of a sentence that begins with the tensor */
    void add(String tensor, String fault) {
        sentences.add("tensor " + Names.quote(tensor) + " " + fault);
    }

    /** @param sentence a fault that names its tensor, if there is one */
    void add(Optional<String> sentence) {
        sentence.ifPresent(sentences::add);
    }

    /**
     * @param what the file, and what it was taken for: the beginning of the message
     * @throws UserException if there are any: the only one behind a colon, several a line each, in order
     */
    void refuse(String what) {
        if (sentences.size() == 1) {
            throw new UserException(what + ": " + sentences.first());
        }
        if (sentences.isEmpty()) {
            return;
        }
        StringBuilder message = new StringBuilder(what + ": " + sentences.size() + " tensors do not fit:");
        sentences.stream().limit(MOST_TOLD).forEach(sentence -> message.append("\n  ").append(sentence));
        if (sentences.size() > MOST_TOLD) {
            message.append("\n  and ").append(sentences.size() - MOST_TOLD).append(" more");
        }
        throw new UserException(message.toString());
    }
}
