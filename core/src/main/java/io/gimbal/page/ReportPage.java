package io.gimbal.page;

import io.gimbal.config.FileFailures;
import io.gimbal.config.Release;
import io.gimbal.shaded.jackson.core.JsonGenerator;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.storage.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * One HTML file that shows a run, or several side by side, and needs nothing else: no network, no other file. What the
 * runs' folders say is in it as JSON; its own script makes everything of that, and never HTML out of a text.
 */
public final class ReportPage {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    /** Among the first bytes of every page. */
    public static final String MARK = "<meta name=\"generator\" content=\"Gimbal\">";
    private static final int LOOKED_AT = 1000;
    /** The styles of the page, and of pictures like its own. */
    public static final String STYLES = resource("report.css");
    /** The page around the data, as pieces before and after them. */
    private static final String[] FRAME = frame();

    private ReportPage() {}

    /** Reads what every page has round its data, so that a program that is exchanged later takes nothing from it. */
    public static void load() {
        if (FRAME.length != 2) {
            throw new IllegalStateException("the frame of the report has no place for its data");
        }
    }

    private static String[] frame() {
        String page = resource("report.html").replace("/* styles of uPlot */", resource("uplot/dist/uPlot.min.css"))
                .replace("/* styles */", STYLES)
                .replace("/* licence of uPlot */", resource("uplot/LICENSE"))
                .replace("/* uPlot */", resource("uplot/dist/uPlot.iife.min.js"))
                .replace("/* script */", resource("report.js"));
        String[] pieces = page.split("\"data\"\\s*(?=</script>)", 2);
        if (!pieces[0].contains(MARK)) {
            throw new IllegalStateException("the frame of the report does not say that it is Gimbal's");
        }
        return pieces;
    }

    private static String resource(String name) {
        try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("Gimbal was built without its resource " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("Gimbal's own resource " + name + " cannot be read", e);
        }
    }

    /**
     * Writes the page of some runs, whole or not at all.
     *
     * @throws io.gimbal.config.UserException if the file, or a picture of a run, cannot be written or read
     * @throws java.io.UncheckedIOException   if the disk is full or fails
     */
    public static void write(List<RunRecord> runs, Path file) {
        AtomicFile.writeText(file, FRAME[0] + data(runs) + FRAME[1]);
    }

    /** As JSON that no HTML can be seen in. */
    private static String data(List<RunRecord> runs) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = MAPPER.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("by", Release.text());
            json.writeStringField("written", Clock.systemUTC().instant().truncatedTo(ChronoUnit.SECONDS).toString());
            json.writeArrayFieldStart("runs");
            for (RunRecord run : runs) {
                run.write(json);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new IllegalStateException("a text cannot be written to memory", impossible);
        }
        return text.toString().replace("<", "\\u003c");
    }

    /**
     * Whether a file is a page that Gimbal wrote.
     *
     * @throws io.gimbal.config.UserException if it cannot be read
     */
    public static boolean isOne(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(LOOKED_AT), StandardCharsets.UTF_8).contains(MARK);
        } catch (IOException e) {
            throw FileFailures.reading(file, e);
        }
    }
}
