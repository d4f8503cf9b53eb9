package io.gimbal.metric;

import java.util.Arrays;

/** Numbers from 0, each at most once, of which the one at the least distance is taken first. For one thread. */
final class DistanceHeap {
    private static final int NONE = -1;

    private final double[] distances;
    private final int[] heap;
    /** Where a number stands in the heap. */
    private final int[] places;
    private int count;

    /** @param numbers how many there may be */
    DistanceHeap(int numbers) {
        distances = new double[numbers];
        heap = new int[numbers];
        places = new int[numbers];
        Arrays.fill(places, NONE);
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** The least distance; there must be one. */
    double least() {
        return distances[heap[0]];
    }

    /** Puts a number in, or nearer than it was. */
    void put(int number, double distance) {
        distances[number] = distance;
        if (places[number] == NONE) {
            heap[count] = number;
            places[number] = count++;
        }
        rise(places[number]);
    }

    /** Takes the number at the least distance out. */
    int take() {
        int taken = heap[0];
        places[taken] = NONE;
        int last = heap[--count];
        if (count > 0) {
            set(0, last);
            sink();
        }
        return taken;
    }

    void clear() {
        while (count > 0) {
            places[heap[--count]] = NONE;
        }
    }

    private void rise(int from) {
        int place = from;
        int number = heap[place];
        while (place > 0 && distances[heap[(place - 1) / 2]] > distances[number]) {
            set(place, heap[(place - 1) / 2]);
            place = (place - 1) / 2;
        }
        set(place, number);
    }

    private void sink() {
        int place = 0;
        int number = heap[0];
        for (int child = 1; child < count; child = 2 * place + 1) {
            if (child + 1 < count && distances[heap[child + 1]] < distances[heap[child]]) {
                child++;
            }
            if (distances[heap[child]] >= distances[number]) {
                break;
            }
            set(place, heap[child]);
            place = child;
        }
        set(place, number);
    }

    private void set(int place, int number) {
        heap[place] = number;
        places[number] = place;
    }
}
