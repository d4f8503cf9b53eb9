package io.gimbal.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Lays the buffers of a program out in one arena so that buffers alive at the same time never overlap.
 *
 * <p>Greedy by size (Pisarchyk and Lee, arXiv 2001.03288): the largest buffer first, each at the lowest gap that fits
 * between those already placed whose lives overlap its own.
 */
final class MemoryPlan {
    /** cuDNN and vector loads want 16 bytes; a full sector of the cache costs nothing and keeps neighbours apart. */
    static final long ALIGNMENT = 256;

    private final Map<Buffer, Long> offsets = new LinkedHashMap<>();
    private final long bytes;
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
        lives.sort(Comparator.comparingLong(Life::size).reversed());
        List<Life> placed = new ArrayList<>();
        long end = 0;
        for (Life life : lives) {
            long offset = lowestGap(life, placed);
            offsets.put(life.buffer, offset);
            placed.add(life);
            placed.sort(Comparator.comparingLong(other -> offsets.get(other.buffer)));
            end = Math.max(end, offset + life.size);
        }
        bytes = end;
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
        spans.forEach((buffer, span) -> lives.add(new Life(buffer, span[0], span[1], roundUp(buffer.bytes()))));
        return lives;
    }

    private long lowestGap(Life life, List<Life> placedByOffset) {
        long offset = 0;
        for (Life other : placedByOffset) {
            if (!life.overlaps(other)) {
                continue;
            }
            long begin = offsets.get(other.buffer);
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

    static long roundUp(long size) {
        return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** The arena's size. */
    long bytes() {
        return bytes;
    }

    /** The most bytes alive at any one time: no plan can be smaller. */
    long mostAlive() {
        return mostAlive;
    }

    /** Gives every planned buffer its address in an arena that starts there. */
    void place(long arena) {
        offsets.forEach((buffer, offset) -> buffer.place(arena + offset));
    }
}
