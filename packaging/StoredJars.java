import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Stores the entries of jars as they are, in their order: what compresses them together afterwards makes them smaller
 * than each by itself is, and a start need not inflate them. Arguments: jars, and after {@code --without} beginnings of
 * names of entries to leave out.
 */
final class StoredJars {
    private StoredJars() {}

    public static void main(String[] arguments) throws IOException {
        List<String> all = List.of(arguments);
        int end = all.contains("--without") ? all.indexOf("--without") : all.size();
        List<String> without = all.subList(Math.min(end + 1, all.size()), all.size());
        for (String jar : all.subList(0, end)) {
            store(Path.of(jar), without);
        }
    }

    private static void store(Path jar, List<String> without) throws IOException {
        Path stored = jar.resolveSibling(jar.getFileName() + ".stored");
        try (ZipFile from = new ZipFile(jar.toFile());
                ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(stored))) {
            to.setMethod(ZipOutputStream.STORED);
            from.stream().filter(entry -> without.stream().noneMatch(entry.getName()::startsWith))
                    .forEach(entry -> copy(from, entry, to));
        }
        Files.move(stored, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void copy(ZipFile from, ZipEntry entry, ZipOutputStream to) {
        try {
            byte[] content = from.getInputStream(entry).readAllBytes();
            CRC32 sum = new CRC32();
            sum.update(content);
            ZipEntry copy = new ZipEntry(entry.getName());
            copy.setTimeLocal(entry.getTimeLocal());
            copy.setSize(content.length);
            copy.setCrc(sum.getValue());
            to.putNextEntry(copy);
            to.write(content);
            to.closeEntry();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
