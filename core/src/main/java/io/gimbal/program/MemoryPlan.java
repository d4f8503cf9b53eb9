package io.gimbal.program;

import io.gimbal.device.Alignment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Lays the buffers of a program out in one arena so that buffers alive at the same time never overlap.
 *
 * <p>Greedy by size (Pisarchyk and Lee, arXiv 2001.03288): the largest buffer first, each at the lowest gap that fits
 * between those already placed whose lives overlap its own. Then, as long as that helps, again with the buffer that
 * reaches furthest placed before the others.
 */
public final class MemoryPlan {
    /** Orders that are tried at most; each costs the square of the buffers' number. */
    private static final int TRIES = 64;
    /** Pairs of buffers that are looked at in all tries: some seconds. */
    private static final double MOST_PAIRS = 4e9;

    private Map<Buffer, Long> offsets = new LinkedHashMap<>();
    private long bytes = Long.MAX_VALUE;
    private final long mostAlive;

    private record Life(Buffer buffer, int first, int last, long size) {}

    /** Plans for a program; buffers that are not {@code planned} (they have a place of their own) are left alone. */
    MemoryPlan(List<Instruction> program, java.util.Set<Buffer> planned) {
        List<Life> lives = lives(program, planned);
        mostAlive = mostAlive(lives, program.size());
        if (lives.isEmpty()) {
            bytes = 0;
        }
        lives.sort(Comparator.comparingLong(Life::size).reversed());
        double tries = Math.min(TRIES, Math.max(2, MOST_PAIRS / ((double) lives.size() * lives.size())));
        for (int attempt = 0; attempt < tries && bytes > mostAlive; attempt++) {
            Life furthest = tryOrder(lives);
            if (furthest == null || furthest == lives.getFirst()) {
                return;
            }
            lives.remove(furthest);
            lives.addFirst(furthest);
        }
    }

    /** Lays the buffers out in that order and keeps that if it is the best yet; gives the one that reaches furthest. */
    private Life tryOrder(List<Life> lives) {
        Map<Buffer, Long> places = new LinkedHashMap<>();
        Placed placed = new Placed(lives.size());
        Life furthest = null;
        long end = 0;
        for (Life life : lives) {
            long offset = placed.lowestGap(life);
            places.put(life.buffer, offset);
            placed.add(life, offset);
            if (offset + life.size > end) {
                end = offset + life.size;
                furthest = life;
            }
        }
        if (end < bytes) {
            bytes = end;
            offsets = places;
        }
        return furthest;
    }

    /** What has a place already, by its offset. In arrays, since each new one looks at all of them. */
    private static final class Placed {
        private final long[] begins;
        private final long[] ends;
        private final int[] firsts;
        private final int[] lasts;
        private int count;

        Placed(int most) {
            begins = new long[most];
            ends = new long[most];
            firsts = new int[most];
            lasts = new int[most];
        }

        long lowestGap(Life life) {
            long offset = 0;
            for (int i = 0; i < count; i++) {
                if (life.first <= lasts[i] && firsts[i] <= life.last) {
                    if (offset + life.size <= begins[i]) {
                        return offset;
                    }
                    offset = Math.max(offset, ends[i]);
                }
            }
            return offset;
        }

        /** Behind those of the same offset. */
        void add(Life life, long offset) {
            int at = count;
            while (at > 0 && begins[at - 1] > offset) {
                at--;
            }
            for (Object array : List.of(begins, ends, firsts, lasts)) {
                System.arraycopy(array, at, array, at + 1, count - at);
            }
            begins[at] = offset;
            ends[at] = offset + life.size;
            firsts[at] = life.first;
            lasts[at] = life.last;
            count++;
        }
    }

    private static List<Life> lives(List<Instruction> program, java.util.Set<Buffer> planned) {
        Map<Buffer, int[]> spans = new LinkedHashMap<>();
        for (int at = 0; at < program.size(); at++) {
            for (Buffer buffer : program.get(at).buffers()) {
                if (planned.contains(buffer)) {
                    int here = at;
                    spans.computeIfAbsent(buffer, unused -> new int[] {here, here})[1] = at;
                }
            }
        }
        List<Life> lives = new ArrayList<>();
        spans.forEach((buffer, span) -> lives.add(new Life(buffer, span[0], span[1],
                Alignment.roundUp(buffer.bytes()))));
        return lives;
    }

    private static long mostAlive(List<Life> lives, int instructions) {
        long[] change = new long[instructions + 1];
        for (Life life : lives) {
            change[life.first] += life.size;
            change[life.last + 1] -= life.size;
        }
        long alive = 0;
        long most = 0;
        for (long difference : change) {
            alive += difference;
            most = Math.max(most, alive);
        }
        return most;
    }

    /** {@return the arena's size in bytes} */
    public long bytes() {
        return bytes;
    }

    /** {@return the most bytes alive at any one time: no plan can be smaller} */
    public long mostAlive() {
        return mostAlive;
    }

    /** Gives every planned buffer its address in an arena that starts there. */
    void place(long arena) {
        offsets.forEach((buffer, offset) -> buffer.place(arena + offset));
    }
}
