package io.gimbal.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CacheFolderTest {
    private static final CacheFolder FOLDER = new CacheFolder("gimbal.things", "GIMBAL_THINGS", "things");

    private static Optional<Path> by(Map<String, String> environment, Map<String, String> properties) {
        return FOLDER.by(environment::get, properties::get);
    }

    @Test
    void theFolderIsTheOneThatIsNamedElseTheUsersCache() {
        Map<String, String> set = Map.of("user.home", "/home/somebody");
        assertEquals(Optional.of(Path.of("/home/somebody/.cache/gimbal/things")), by(Map.of(), set));
        Map<String, String> cache = Map.of("XDG_CACHE_HOME", "/var/cache/somebody");
        assertEquals(Optional.of(Path.of("/var/cache/somebody/gimbal/things")), by(cache, set));
        Map<String, String> variable = Map.of("XDG_CACHE_HOME", "/var/cache/somebody", "GIMBAL_THINGS", "/kept");
        assertEquals(Optional.of(Path.of("/kept")), by(variable, set));
        Map<String, String> property = Map.of("user.home", "/home/somebody", "gimbal.things", "/property");
        assertEquals(Optional.of(Path.of("/property")), by(variable, property));
    }

    @Test
    void aRelativeFolderIsNeverFollowed() {
        Map<String, String> relative = Map.of("XDG_CACHE_HOME", "cache", "user.home", "home");
        assertEquals(Optional.empty(), by(relative, relative));
        assertEquals(Optional.empty(), by(Map.of("GIMBAL_THINGS", "here"), Map.of("user.home", "/home/somebody")));
    }
}
