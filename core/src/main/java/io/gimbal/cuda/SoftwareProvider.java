package io.gimbal.cuda;

/** The software device within a jar, found by {@link java.util.ServiceLoader}. */
public interface SoftwareProvider {
    /**
     * Where its library lies, once it is unpacked; this unpacks it if need be.
     *
     * @return a place with nothing to load, whose origin says why, where it is for other machines or cannot be unpacked
     */
    LibrarySearch.Place place();
}
