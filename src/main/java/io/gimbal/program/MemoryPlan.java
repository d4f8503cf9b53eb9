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
    /** Orders that are tried; each costs the square of the buffers' number. */
    private static final int TRIES = 64;

    private Map<Buffer, Long> offsets = new LinkedHashMap<>();
    private long bytes = Long.MAX_VALUE;
    private final long mostAlive;

    private record Life(Buffer buffer, int first, int last, long size) {
        boolean overlaps(Life other) {
            return first <= other.last && other.first <= last;
        }
    }

    /** Plans for a program; buffers that are not {@code planned} (they have a place of their own) are left alone. */
    MemoryPlan(List<Instruction> program, java.util.Set<Buffer> planned) {
        List<Life> lives = lives(program, planned);
        mostAlive = mostAlive(lives, program.size());
        if (lives.isEmpty()) {
            bytes = 0;
        }
        lives.sort(Comparator.comparingLong(Life::size).reversed());
        for (int attempt = 0; attempt < TRIES && bytes > mostAlive; attempt++) {
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
        List<Life> placed = new ArrayList<>();
        Life furthest = null;
        long end = 0;
        for (Life life : lives) {
            long offset = lowestGap(life, placed, places);
            places.put(life.buffer, offset);
            int at = 0;
            while (at < placed.size() && places.get(placed.get(at).buffer) <= offset) {
                at++;
            }
            placed.add(at, life);
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

    private static long lowestGap(Life life, List<Life> placedByOffset, Map<Buffer, Long> places) {
        long offset = 0;
        for (Life other : placedByOffset) {
            if (!life.overlaps(other)) {
                continue;
            }
            long begin = places.get(other.buffer);
            if (offset + life.size <= begin) {
                return offset;
            }
            offset = Math.max(offset, begin + other.size);
        }
        return offset;
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

    /** The arena's size. */
    public long bytes() {
        return bytes;
    }

    /** The most bytes alive at any one time: no plan can be smaller. */
    public long mostAlive() {
        return mostAlive;
    }

    /** Gives every planned buffer its address in an arena that starts there. */
    void place(long arena) {
        offsets.forEach((buffer, offset) -> buffer.place(arena + offset));
    }
}
