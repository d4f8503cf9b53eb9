package io.gimbal.page;

import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.ObjectMapper;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A page in a headless Chromium, told what to do by its DevTools protocol. */
final class Chromium implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int SECONDS = 60;

    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<JsonNode> events = new CopyOnWriteArrayList<>();
    private String session;
    private int calls;

    /** The program, where one is on the PATH. */
    static Optional<Path> program() {
        return Stream.of(System.getenv("PATH").split(":")).flatMap(folder -> Stream.of("chromium", "chromium-browser",
                "google-chrome").map(name -> Path.of(folder, name))).filter(Files::isExecutable).findFirst();
    }

    /** Starts it with a page of no content. */
    Chromium(Path profile) throws IOException {
        process = new ProcessBuilder(program().orElseThrow().toString(), "--headless", "--no-sandbox", "--disable-gpu",
                "--hide-scrollbars", "--no-first-run", "--disable-background-networking", "--disable-extensions",
                "--remote-debugging-port=0", "--user-data-dir=" + profile, "about:blank").redirectErrorStream(true)
                .start();
        socket = client.newWebSocketBuilder().buildAsync(address(), new Listener()).join();
        String target = call("Target.createTarget", node().put("url", "about:blank")).path("targetId").textValue();
        session = call("Target.attachToTarget", node().put("targetId", target).put("flatten", true))
                .path("sessionId").textValue();
        for (String domain : List.of("Page", "Network", "Runtime", "Log")) {
            call(domain + ".enable", node());
        }
    }

    private URI address() throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(),
                StandardCharsets.UTF_8));
        Pattern told = Pattern.compile("DevTools listening on (ws://\\S+)");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Matcher found = told.matcher(line);
            if (found.find()) {
                Thread.ofVirtual().start(() -> lines.lines().forEach(more -> { }));
                return URI.create(found.group(1));
            }
        }
        throw new IOException("Chromium ended before it told its address");
    }

    static ObjectNode node() {
        return MAPPER.createObjectNode();
    }

    JsonNode call(String method, ObjectNode parameters) {
        int id = ++calls;
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        ObjectNode call = node().put("id", id).put("method", method);
        call.set("params", parameters);
        if (session != null) {
            call.put("sessionId", session);
        }
        socket.sendText(call.toString(), true).join();
        JsonNode told = answer.orTimeout(SECONDS, TimeUnit.SECONDS).join();
        if (told.has("error")) {
            throw new IllegalStateException(method + ": " + told.get("error"));
        }
        return told.path("result");
    }

    /** Opens a file and waits until it is loaded. */
    void open(Path file) {
        events.clear();
        call("Page.navigate", node().put("url", file.toUri().toString()));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (named("Page.loadEventFired").isEmpty()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(file + " was not loaded");
            }
            Thread.onSpinWait();
        }
        settle();
    }

    /** The parameters of the events of a name since the page was opened. */
    List<JsonNode> named(String method) {
        return events.stream().filter(event -> event.path("method").asText().equals(method))
                .map(event -> event.path("params")).toList();
    }

    /** The value of an expression on the page. */
    JsonNode evaluate(String expression) {
        JsonNode told = call("Runtime.evaluate", node().put("expression", expression).put("returnByValue", true)
                .put("awaitPromise", true));
        if (told.has("exceptionDetails")) {
            throw new IllegalStateException(told.get("exceptionDetails").toString());
        }
        return told.path("result").path("value");
    }

    /** What the page complained of: exceptions, errors of the console, what was refused it. */
    List<String> complaints() {
        List<String> complaints = new ArrayList<>();
        named("Runtime.exceptionThrown").forEach(event -> complaints.add(event.toString()));
        named("Runtime.consoleAPICalled").forEach(event -> complaints.add(event.toString()));
        named("Log.entryAdded").forEach(event -> complaints.add(event.toString()));
        return complaints;
    }

    /** As a screen of a width shows it, in dark or light colours. */
    void screen(int width, int height, boolean dark) {
        call("Emulation.setDeviceMetricsOverride", node().put("width", width).put("height", height)
                .put("deviceScaleFactor", 1).put("mobile", width < 700));
        ObjectNode media = node();
        media.putArray("features").addObject().put("name", "prefers-color-scheme").put("value",
                dark ? "dark" : "light");
        call("Emulation.setEmulatedMedia", media);
        settle();
    }

    /** Waits until the page was drawn twice: it is told of a new size or of other colours as it is drawn. */
    private void settle() {
        evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
    }

    /** The whole page as a PNG. */
    byte[] picture() {
        return Base64.getDecoder().decode(call("Page.captureScreenshot", node().put("captureBeyondViewport", true)
                .put("format", "png")).path("data").textValue());
    }

    @Override
    public void close() {
        socket.abort();
        process.destroy();
        client.close();
        try {
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Puts messages together and hands them to whoever waits. */
    private final class Listener implements WebSocket.Listener {
        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            message.append(part);
            if (last) {
                take(message.toString());
                message.setLength(0);
            }
            from.request(1);
            return null;
        }

        private void take(String text) {
            try {
                JsonNode told = MAPPER.readTree(text);
                if (told.has("id")) {
                    answers.remove(told.get("id").intValue()).complete(told);
                } else {
                    events.add(told);
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
