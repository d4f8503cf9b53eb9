package io.gimbal.cuda;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * In which order the software device's sources stand, as its README lists them, and what of them does not keep to it.
 *
 * @param files the sources without their ending, such as {@code core/failure}, lowest first
 * @param granted by folder, what files of other folders it includes; of {@code api}, which includes any, nothing
 */
record SourceOrder(List<String> files, Map<String, Set<String>> granted) {
    private static final Pattern INCLUDE = Pattern.compile("(?m)^\\s*#\\s*include\\s*\"([^\"]+)\"");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (`[^|]*) \\|([^|]*)\\|([^|\n]*\\|)?$");
    private static final Pattern NAME = Pattern.compile("`(\\w+/\\w*)`");
    private static final String EXPORTED = "api";
    private static final String ONEDNN = "oneapi";

    /** Reads the two tables: rows of three cells are folders, rows of two are files. */
    static SourceOrder read(String readme) {
        List<String> files = new ArrayList<>();
        Map<String, Set<String>> granted = new LinkedHashMap<>();
        for (MatchResult row : ROW.matcher(readme).results().toList()) {
            List<String> names = names(row.group(1));
            if (row.group(3) == null) {
                files.addAll(names);
            } else {
                names.forEach(name -> granted.put(folder(name), new LinkedHashSet<>(names(row.group(3)))));
            }
        }
        return new SourceOrder(files, granted);
    }

    private static List<String> names(String cell) {
        return NAME.matcher(cell).results().map(name -> name.group(1)).toList();
    }

    /**
     * What does not keep to the order.
     *
     * @param sources the text of each file, by its path from the device's folder, such as {@code core/failure.h}
     */
    List<String> findings(Map<String, String> sources) {
        List<String> findings = new ArrayList<>();
        Set<String> missing = new TreeSet<>(files);
        sources.forEach((path, text) -> {
            missing.remove(withoutEnding(path));
            if (path.contains("/") && !files.contains(withoutEnding(path))) {
                findings.add(path + " is not listed");
            } else {
                for (MatchResult include : INCLUDE.matcher(text).results().toList()) {
                    String why = refusal(path, include.group(1), sources.keySet());
                    if (!why.isEmpty()) {
                        findings.add(path + " includes " + include.group(1) + ", " + why);
                    }
                }
            }
        });
        missing.forEach(name -> findings.add(name + " is listed, and there is none"));
        return findings;
    }

    /** Why the file may not include the other; empty if it may. */
    private String refusal(String path, String included, Set<String> known) {
        String from = withoutEnding(path);
        String to = withoutEnding(included);
        if (folder(to).equals(ONEDNN)) {
            return "";
        }
        if (!known.contains(included)) {
            return "which is not there";
        }
        if (folder(to).isEmpty() || from.equals(to)) {
            return "";
        }
        if (folder(to).equals(EXPORTED)) {
            return "which has exported functions";
        }
        if (files.indexOf(to) >= files.indexOf(from)) {
            return "which does not stand before it";
        }
        boolean own = folder(from).equals(folder(to)) || folder(from).equals(EXPORTED);
        return own || granted.getOrDefault(folder(from), Set.of()).contains(to) ? "" : "which its folder does not";
    }

    private static String withoutEnding(String path) {
        return path.replaceFirst("\\.\\w+$", "");
    }

    private static String folder(String name) {
        return name.contains("/") ? name.substring(0, name.indexOf('/')) : "";
    }
}
