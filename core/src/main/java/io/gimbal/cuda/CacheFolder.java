package io.gimbal.cuda;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A folder for what can be made anew at any time: the one that a system property or else an environment variable names,
 * else one below {@code gimbal} in {@code XDG_CACHE_HOME} or {@code ~/.cache}. A relative path is never followed: it
 * would mean another folder in another working directory.
 *
 * @param property the system property
 * @param variable the environment variable
 * @param name     the folder's own name
 */
public record CacheFolder(String property, String variable, String name) {
    /** {@return the folder of this process; empty where there is no place for one} It need not be there yet. */
    public Optional<Path> ofProcess() {
        return by(System::getenv, System::getProperty);
    }

    /**
     * {@return the folder by given settings}
     *
     * @param environment a variable's value by its name, or null
     * @param properties  a system property's value by its name, or null
     */
    public Optional<Path> by(UnaryOperator<String> environment, UnaryOperator<String> properties) {
        String set = properties.apply(property);
        String given = set != null ? set : environment.apply(variable);
        if (given != null && !given.isBlank()) {
            return LibrarySearch.absolute(given);
        }
        return LibrarySearch.absolute(environment.apply("XDG_CACHE_HOME"))
                .or(() -> LibrarySearch.absolute(properties.apply("user.home")).map(home -> home.resolve(".cache")))
                .map(cache -> cache.resolve("gimbal").resolve(name));
    }
}
