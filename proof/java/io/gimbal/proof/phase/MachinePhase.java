package io.gimbal.proof.phase;

import io.gimbal.proof.Clock;
import io.gimbal.proof.Command;
import io.gimbal.proof.PhaseWork;
import io.gimbal.proof.Proof;
import io.gimbal.proof.ProofException;
import io.gimbal.proof.page.Findings;
import io.gimbal.proof.page.Json;
import io.gimbal.shaded.jackson.databind.JsonNode;
import io.gimbal.shaded.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Tells what the machine is: device, driver and libraries, processor; what the device moves and multiplies; and lets
 * the clock choose among the engines of cuDNN.
 */
public final class MachinePhase implements PhaseWork {
    private static final int SECONDS = 180;
    private static final int SHORT = 30;
    private static final List<String> NETWORKS = List.of(SpeedPhase.SMALL, SpeedPhase.FULL,
            SpeedPhase.RESNET);
    private static final List<String> PRECISIONS = List.of("bf16", "tf32", "float32");

    @Override
    public void run(Proof proof, Findings findings, Clock clock) {
        host(findings);
        nvidia(proof, findings, clock);
        // With the places of the libraries, which are nobody else's business: it stays among the logs.
        proof.prepared(new Command("devices", devices(proof))).run(proof.logs(), clock.atMost(SHORT));
        Path json = proof.logs().resolve("device.json");
        Command.Ended ended = proof.gimbal("bench device", List.of("bench", "device", "--json", json.toString()))
                .run(proof.logs(), clock.atMost(SECONDS));
        if (!ended.done()) {
            findings.check("bandwidth and matrix rates can be measured", false, ended.reason(), "figures", "");
            return;
        }
        JsonNode device = Json.read(json);
        findings.figures().set("device", device);
        findings.heading("What the device does at best").text("```\n" + String.join("\n", ended.lines()
                .subList(0, Math.max(0, ended.lines().size() - 1))) + "\n```");
        double copy = device.path("copy").path("bytes_a_second").asDouble();
        findings.check("copies are measured", copy > 0, String.format(Locale.ROOT, "%.0f GB/s read and written",
                copy / 1e9), "a figure", "");
        double bf16 = device.path("products").path("bf16").path("flop_a_second").asDouble();
        findings.check("bf16 products are measured", bf16 > 0, String.format(Locale.ROOT, "%.1f TFLOP/s", bf16 / 1e12),
                "a figure", "");
        findings.write(proof.out(), clock.passed());
        new Starts(proof, findings).run(clock);
        engines(proof, findings, clock);
    }

    /** Times cuDNN's engines for the convolutions of the networks, so that the phases behind find them chosen. */
    private static void engines(Proof proof, Findings findings, Clock clock) {
        if (!proof.gpu()) {
            return;
        }
        List<List<String>> rows = new ArrayList<>();
        for (String network : NETWORKS) {
            for (String precision : PRECISIONS) {
                Path json = proof.logs().resolve("plan-" + network + "-" + precision + ".json");
                Command.Ended ended = proof.gimbal("engines of " + network + " " + precision, List.of("plan",
                        proof.network(network).toString(), "--precision", precision, "--json",
                        json.toString())).run(proof.logs(), clock.left());
                if (!ended.done()) {
                    findings.check("every convolution of " + network + " has an engine in " + precision, false,
                            ended.reason(), "it has", "");
                    continue;
                }
                JsonNode plan = Json.read(json);
                rows.add(List.of(network, precision, Integer.toString(plan.path("convolutions").size()),
                        Long.toString(plan.path("memory_bytes").path("total").asLong() >> 20),
                        String.format(Locale.ROOT, "%.0f s", ended.seconds())));
            }
        }
        findings.heading("Engines chosen by the clock").table(List.of("network", "precision", "convolutions",
                "memory of a step, MiB", "took"), rows);
    }

    private static List<String> devices(Proof proof) {
        List<String> words = new ArrayList<>(proof.java(List.of()));
        words.addAll(List.of("io.gimbal.cli.Main", "devices"));
        return words;
    }

    private static void host(Findings findings) {
        ObjectNode host = findings.figures().putObject("host");
        host.put("processor", firstValue("/proc/cpuinfo", "model name"))
                .put("processors", Runtime.getRuntime().availableProcessors())
                .put("memory", firstValue("/proc/meminfo", "MemTotal"))
                .put("kernel", System.getProperty("os.version"))
                .put("java", System.getProperty("java.vendor.version", System.getProperty("java.version")));
        findings.heading("The host").list(host.properties().stream().map(entry -> entry.getKey() + ": "
                + entry.getValue().asText()).toList());
    }

    private static String firstValue(String file, String key) {
        try {
            for (String line : Files.readAllLines(Path.of(file))) {
                if (line.startsWith(key)) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException unreadable) {
            return "unknown";
        }
        return "unknown";
    }

    /** The driver's own tool tells clocks, power limits and who else uses the GPU. */
    private static void nvidia(Proof proof, Findings findings, Clock clock) {
        if (!proof.gpu()) {
            return;
        }
        List<String> asked = List.of("name", "driver_version", "memory.total", "memory.used", "clocks.sm",
                "clocks.max.sm", "clocks.max.memory", "power.limit", "temperature.gpu", "mig.mode.current");
        try {
            Command.Ended ended = new Command("nvidia-smi", List.of("nvidia-smi", "--query-gpu="
                    + String.join(",", asked), "--format=csv,noheader")).run(proof.logs(), clock.atMost(SHORT));
            List<String> told = new ArrayList<>();
            for (String line : ended.lines()) {
                List<String> values = List.of(line.split(", *"));
                for (int i = 0; i < Math.min(asked.size(), values.size()); i++) {
                    findings.figures().withObject("nvidia_smi").put(asked.get(i), values.get(i));
                    told.add(asked.get(i) + ": " + values.get(i));
                }
            }
            findings.heading("What nvidia-smi says").list(told);
        } catch (ProofException missing) {
            findings.text("nvidia-smi is not there.");
        }
    }
}
