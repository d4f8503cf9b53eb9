package io.gimbal.experiment;

import io.gimbal.config.Release;
import io.gimbal.metric.Score;
import io.gimbal.page.ReportPage;
import io.gimbal.page.RunFiles;
import io.gimbal.storage.AtomicFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;

/** An experiment to look at: one HTML file without a script, which needs no network; it links to the runs' pages. */
final class ResultsPage {
    private static final int MOST_PAIRS = 15;
    private static final int BAR_ROW = 20;
    private static final int BAR_LEFT = 190;
    private static final int BAR_WIDTH = 480;
    private static final String HEAD = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            %s
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>%s</title>
            <style>
            %s
            </style>
            </head>
            <body>
            <div class="page">
            """;

    private final Results results;
    private final Path folder;
    private final List<String> groups;
    /** By group and seed. */
    private final Map<String, List<RunCurves>> curves = new LinkedHashMap<>();
    private final StringBuilder html = new StringBuilder();

    private ResultsPage(Results results, Path folder) {
        this.results = results;
        this.folder = folder;
        this.groups = List.copyOf(results.runs().keySet());
        results.runs().forEach((group, runs) -> curves.put(group, runs.stream().map(run -> RunCurves.read(folder
                .resolve(run.folder()))).toList()));
    }

    /** Writes it into the experiment's folder. */
    static void write(Results results, Path folder, Path file) {
        AtomicFile.writeText(file, new ResultsPage(results, folder).page());
    }

    private String page() {
        html.append(HEAD.formatted(ReportPage.MARK, Chart.escaped(results.name()), ReportPage.STYLES));
        html.append("<h1>").append(Chart.escaped(results.name())).append("</h1><p class=\"soft\">")
                .append(Chart.escaped(Release.text())).append("</p>");
        table();
        results.sentences().forEach(sentence -> html.append("<p>").append(Chart.escaped(sentence)).append("</p>"));
        legend();
        gains();
        pairs();
        validations();
        weights();
        runs();
        return html.append("</div></body></html>\n").toString();
    }

    private void table() {
        html.append("<h2>").append(results.measured())
                .append("</h2><div class=\"card wide\" tabindex=\"0\"><table><thead><tr>");
        results.headings().forEach(heading -> html.append("<th>").append(Chart.escaped(heading)).append("</th>"));
        html.append("</tr></thead><tbody>");
        results.rows().forEach(row -> {
            html.append("<tr>");
            for (int column = 0; column < row.size(); column++) {
                html.append(column == 0 ? "<td>" : "<td class=\"number\">").append(Chart.escaped(row.get(column)))
                        .append("</td>");
            }
            html.append("</tr>");
        });
        html.append("</tbody></table></div>");
    }

    private void legend() {
        html.append("<h2>Colours</h2><div class=\"keys\">");
        groups.forEach(group -> html.append(Chart.key(group, groups.indexOf(group))));
        html.append("</div>");
    }

    private void begin(String title, String about) {
        html.append("<h2>").append(Chart.escaped(title)).append("</h2><p class=\"soft small\">")
                .append(Chart.escaped(about)).append("</p><div class=\"grid\" style=\"--least: 420px\">");
    }

    private void card(String title, String picture) {
        html.append("<figure class=\"card\"><h3>").append(Chart.escaped(title)).append("</h3>").append(picture)
                .append("</figure>");
    }

    private void gains() {
        List<String> compared = groups.stream().filter(results::hasDelta).toList();
        if (compared.isEmpty()) {
            return;
        }
        begin("What each task gains, %", "Over " + results.reference() + "; to the right is better. Whiskers are "
                + "sample deviations over seeds.");
        results.tasks().forEach(task -> {
            Map<String, Figure> figures = new LinkedHashMap<>();
            compared.forEach(group -> figures.put(group, results.gain(group, task)));
            card(task, bars(figures));
        });
        Map<String, Figure> deltas = new LinkedHashMap<>();
        compared.forEach(group -> deltas.put(group, results.delta(group)));
        card("Delta, the mean over the tasks", bars(deltas));
        html.append("</div>");
    }

    private String bars(Map<String, Figure> figures) {
        double most = figures.values().stream().filter(figure -> figure.count() > 0).mapToDouble(figure ->
                Math.abs(figure.mean()) + spread(figure)).max().orElse(1);
        double scale = (BAR_WIDTH - BAR_LEFT - 10) / 2.0 / Math.max(most, 1e-9);
        double middle = BAR_LEFT + (BAR_WIDTH - BAR_LEFT) / 2.0;
        int height = BAR_ROW * figures.size() + 8;
        StringBuilder svg = new StringBuilder(String.format(Locale.ROOT, "<svg viewBox=\"0 0 %d %d\" width=\"100%%\" "
                + "role=\"img\" font-size=\"12\"><line x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\" "
                + "stroke=\"var(--soft)\"/>",
                BAR_WIDTH, height, middle, middle, height));
        int top = 4;
        for (Map.Entry<String, Figure> entry : figures.entrySet()) {
            Figure figure = entry.getValue();
            String name = entry.getKey();
            String shown = figure.count() == 0 ? "-" : String.format(Locale.ROOT, "%+.1f", figure.mean());
            svg.append(String.format(Locale.ROOT, "<text x=\"0\" y=\"%d\" fill=\"var(--ink)\">%s</text><text x=\"%d\" "
                    + "y=\"%d\" text-anchor=\"end\" fill=\"var(--soft)\">%s</text>", top + 13, Chart.escaped(shortened(
                    name)), BAR_LEFT - 6, top + 13, shown));
            if (figure.count() > 0) {
                double end = middle + scale * figure.mean();
                svg.append(String.format(Locale.ROOT, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"14\" "
                        + "fill=\"var(--c%d)\"><title>%s: %s</title></rect>", Math.min(middle, end), top + 2,
                        Math.abs(end - middle), groups.indexOf(name) % Chart.COLOURS, Chart.escaped(name), shown));
                if (figure.count() > 1) {
                    svg.append(String.format(Locale.ROOT, "<line x1=\"%1$.1f\" x2=\"%2$.1f\" y1=\"%3$d\" "
                            + "y2=\"%3$d\" stroke=\"var(--ink)\"/>", end - scale * figure.deviation(),
                            end + scale * figure.deviation(), top + 9));
                }
            }
            top += BAR_ROW;
        }
        return svg.append("</svg>").toString();
    }

    private static String shortened(String name) {
        return name.length() <= 22 ? name : name.substring(0, 21) + "…";
    }

    /** Two tasks against each other: what cannot be bettered in one without the other lies outermost. */
    private void pairs() {
        List<String> tasks = List.copyOf(results.tasks());
        if (tasks.size() < 2) {
            return;
        }
        begin("Two tasks against each other", "A point is a variant's mean, whiskers are sample deviations over "
                + "seeds; grey lines stand where networks were that learned a task alone.");
        int drawn = 0;
        for (int i = 0; i < tasks.size(); i++) {
            for (int j = i + 1; j < tasks.size() && drawn < MOST_PAIRS; j++, drawn++) {
                pair(tasks.get(i), tasks.get(j));
            }
        }
        html.append("</div>");
    }

    private void pair(String first, String second) {
        Chart chart = new Chart(first + ", " + results.metric(first), second + ", " + results.metric(second))
                .rules(results.alone(first).mean(), results.alone(second).mean());
        for (String group : groups) {
            Figure x = results.figure(group, first);
            Figure y = results.figure(group, second);
            if (x.count() > 0 && y.count() > 0) {
                chart.point(group, groups.indexOf(group), new Chart.Place(x.mean(), y.mean(), spread(x), spread(y)));
            }
        }
        if (!chart.isEmpty()) {
            card(second + ", " + results.metric(second), chart.svg());
        }
    }

    private static double spread(Figure figure) {
        return figure.count() < 2 ? 0 : figure.deviation();
    }

    private void validations() {
        begin("While training", "Means over seeds of each validation, bands are sample deviations: "
                + results.validated() + ".");
        for (String task : results.tasks()) {
            Optional<String> metric = results.anyScore(task).map(Score::name);
            Chart chart = new Chart("step", task);
            groups.forEach(group -> {
                List<SortedMap<Long, Double>> lines = curves.get(group).stream().map(run -> run.metrics()
                        .getOrDefault(task, Map.of()).get(metric.orElse(""))).filter(Objects::nonNull).toList();
                if (!lines.isEmpty()) {
                    chart.line(group, groups.indexOf(group), RunCurves.together(lines));
                }
            });
            if (!chart.isEmpty()) {
                card(task + ", " + results.metric(task), chart.svg());
            }
        }
        html.append("</div>");
    }

    private void weights() {
        begin("Weights", "Means over seeds of what each task's loss (or gradient) was multiplied by.");
        for (String task : results.tasks()) {
            Chart chart = new Chart("step", "weight of " + task);
            groups.stream().filter(group -> !results.isSingle(group)).forEach(group -> {
                List<SortedMap<Long, Double>> lines = curves.get(group).stream().map(run -> run.weights().get(task))
                        .filter(Objects::nonNull).toList();
                if (!lines.isEmpty()) {
                    chart.line(group, groups.indexOf(group), RunCurves.together(lines));
                }
            });
            if (!chart.isEmpty()) {
                card(task, chart.svg());
            }
        }
        html.append("</div>");
    }

    private void runs() {
        html.append("<h2>Runs</h2><div class=\"card\">");
        results.runs().forEach((group, runs) -> {
            List<String> links = new ArrayList<>();
            runs.forEach(run -> links.add("<a href=\"" + Chart.escaped(address(run.folder())) + "\">seed " + run.seed()
                    + "</a>"));
            html.append("<p>").append(Chart.escaped(group)).append(": ").append(String.join(", ", links))
                    .append("</p>");
        });
        html.append("</div>");
    }

    private String address(Path run) {
        return folder.toUri().relativize(folder.resolve(run).resolve(RunFiles.REPORT).toUri()).toString();
    }
}
