package io.gimbal.cli;

import java.io.File;
import java.io.PrintWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Gimbal twice in one process, each in a class loader of its own, as in a server of applications: replays a case by the
 * bindings that the arguments name, in turn in the one and the other, the first once more at the end.
 */
public final class TwoLoadersProgram {
    private TwoLoadersProgram() {}

    /** The case's folder, a folder for what comes out, then the bindings. */
    public static void main(String[] arguments) throws ReflectiveOperationException, java.io.IOException {
        List<URL> places = new ArrayList<>();
        for (String place : System.getProperty("java.class.path").split(File.pathSeparator)) {
            places.add(Path.of(place).toUri().toURL());
        }
        URL[] urls = places.toArray(URL[]::new);
        ClassLoader platform = ClassLoader.getPlatformClassLoader();
        try (URLClassLoader one = new URLClassLoader(urls, platform);
                URLClassLoader other = new URLClassLoader(urls, platform)) {
            List<ClassLoader> loaders = List.of(one, other, one);
            for (int i = 0; i < loaders.size(); i++) {
                Class<?> part = loaders.get(i).loadClass(TwoLoadersProgram.class.getName());
                part.getMethod("replay", String.class, String.class, String.class).invoke(null, arguments[0],
                        arguments[1] + "/" + i, arguments[2 + i % (arguments.length - 2)]);
            }
        }
    }

    /** Called in each of the loaders. */
    public static void replay(String source, String target, String binding) {
        PrintWriter out = new PrintWriter(System.out, true);
        int code = Main.run(new String[] {"replay", source, target, "--device", "soft", "--binding", binding}, out,
                new PrintWriter(System.err, true));
        out.println("code " + code);
    }
}
