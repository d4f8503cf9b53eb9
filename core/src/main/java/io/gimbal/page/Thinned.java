package io.gimbal.page;

import java.util.ArrayList;
import java.util.List;

/** A list of any length in bounded room: evenly spread ones of what was added, and the last. Not thread-safe. */
final class Thinned<T> {
    private final int most;
    private final List<T> kept = new ArrayList<>();
    private long every = 1;
    private long added;
    private T last;

    /** @param most how many are kept besides the last */
    Thinned(int most) {
        this.most = most;
    }

    void add(T element) {
        last = element;
        if (added++ % every != 0) {
            return;
        }
        kept.add(element);
        if (kept.size() > most) {
            for (int k = 1; k < kept.size(); k++) {
                kept.remove(k);
            }
            every *= 2;
        }
    }

    /** How many were added. */
    long added() {
        return added;
    }

    /** Those that are kept, in order. */
    List<T> all() {
        List<T> all = new ArrayList<>(kept);
        if (last != null && all.getLast() != last) {
            all.add(last);
        }
        return all;
    }
}
