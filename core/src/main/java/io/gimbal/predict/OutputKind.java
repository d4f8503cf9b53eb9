package io.gimbal.predict;

/** A kind of files of what is predicted of a photo. */
public enum OutputKind {
    /** A picture for each field of pixels. */
    PNG,
    /** Raw numbers of each field. */
    NPY,
    /** Points, and what is predicted of the whole image. */
    JSON,
    /** One picture for a person to look at. */
    OVERLAY
}
