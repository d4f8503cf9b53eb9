package io.gimbal.ranks;

/**
 * A process that is one of the ranks.
 *
 * @param rank from 0
 * @param host as others reach or see it
 * @param pid  its number there
 */
record Member(int rank, String host, long pid) {
    /** For a sentence that goes on. */
    String describe() {
        return "rank " + rank + " (" + host + ", pid " + pid + ")";
    }
}
