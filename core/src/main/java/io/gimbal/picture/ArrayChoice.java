package io.gimbal.picture;

/**
 * Which array of a file is meant, and how.
 *
 * @param name          which one of an npz archive; null for the only one
 * @param channelsFirst whether an array of three dimensions is [channels, height, width] instead of [height, width,
 *                      channels]
 */
public record ArrayChoice(String name, boolean channelsFirst) {
    /** The only array, its channels last. */
    public static final ArrayChoice ONLY = new ArrayChoice(null, false);

    /** The array of that name, its channels last; the only one where the name is empty. */
    public static ArrayChoice of(String name) {
        return new ArrayChoice(name.isEmpty() ? null : name, false);
    }
}
