package io.gimbal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gimbal.balance.BalancingReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The guide leaves no balancing rule out, and its links within itself lead somewhere. */
class GuideTest {
    private static final Path GUIDE = Path.of("docs", "guide.md");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
    private static final Pattern LINK = Pattern.compile("\\]\\(#([^)]+)\\)");
    /** An entry of a list that begins with the names of rules. */
    private static final Pattern ENTRY = Pattern.compile("(?m)^\\* \\*\\*((?:`\\w+`(?:, )?)+)\\*\\*");

    @Test
    void everyBalancingRuleHasAnEntry() throws IOException {
        Set<String> rules = ENTRY.matcher(Files.readString(GUIDE)).results().flatMap(entry ->
                Pattern.compile("\\w+").matcher(entry.group(1)).results()).map(MatchResult::group)
                .collect(Collectors.toSet());
        assertEquals(Set.copyOf(BalancingReader.methods()), rules);
    }

    @Test
    void linksWithinTheGuideLeadToHeadings() throws IOException {
        String guide = Files.readString(GUIDE);
        Set<String> anchors = HEADING.matcher(guide).results().map(heading -> anchor(heading.group(1)))
                .collect(Collectors.toSet());
        List<String> links = LINK.matcher(guide).results().map(link -> link.group(1)).toList();
        assertTrue(links.size() > 50, links.size() + " links");
        assertEquals(List.of(), links.stream().filter(link -> !anchors.contains(link)).toList());
    }

    /** As GitHub makes it of a heading. */
    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT).replaceAll("[^\\w\\- ]", "").replace(' ', '-');
    }
}
