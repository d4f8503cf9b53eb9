package io.gimbal.config;

import io.gimbal.shaded.jackson.core.JsonProcessingException;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parser's complaints about a JSON text in the words of someone who writes one, not of someone who programs the
 * parser.
 */
public final class JsonFaults {
    private static final String CHARACTER = "Unexpected character \\('(.)' \\(code \\d+[^)]*\\)\\).*";

    private static final List<Rule> RULES = List.of(
            rule(CHARACTER + "double-quote to start (?:field|property|Object).*",
                    it -> stands(it) + "a key in double quotes must begin" + tooMany(it)),
            rule(CHARACTER + "colon to separate.*", it -> stands(it) + "a ':' must follow the key."),
            rule(CHARACTER + "comma to separate (Array|Object|array|object).*", it -> stands(it)
                    + "a ',' or the closing '"
                    + (it.group(2).equalsIgnoreCase("array") ? "]" : "}") + "' must follow (is a comma missing?)."),
            rule(CHARACTER + "plus sign.*", it -> "a number may not begin with a '+'."),
            rule(CHARACTER + "expected a valid value.*", it -> stands(it) + "a value must begin" + tooMany(it)),
            rule("Non-standard token '([^']*)'.*", it -> Names.quote(it.group(1)) + " is no JSON value."),
            rule("Unrecognized token '([^']*)'.*",
                    it -> Names.quote(it.group(1)) + " is no JSON value (a text needs double quotes)."),
            rule("Invalid numeric value: Leading zeroes.*", it -> "a number may not begin with a needless 0."),
            rule("Trailing token.*", it -> "something follows after the end of the JSON value."),
            rule("Unexpected close marker '(.)': expected '(.)'.*",
                    it -> "'" + it.group(1) + "' stands where '" + it.group(2) + "' must close what is open."),
            rule("Unexpected close marker '(.)'.*", it -> "'" + it.group(1) + "' closes nothing that is open."),
            rule("Duplicate (?:field|Object property) [\"'](.*)[\"']",
                    it -> "the key " + Names.quote(it.group(1)) + " stands twice in the same object."),
            rule("Unexpected end-of-input in a comment.*", it -> "the text ends inside a comment."),
            rule("Unexpected end-of-input.*closing quote.*", it -> "the text ends where a closing '\"' must follow."),
            rule("Unexpected end-of-input.*close marker for (Array|Object).*", it -> "the text ends where '"
                    + (it.group(1).equals("Array") ? "]" : "}") + "' must close what is open."),
            rule("Unexpected end-of-input.*", it -> "the text ends too early."),
            rule("Unrecognized character escape '(.)'.*", it -> "'\\" + it.group(1) + "' is no escape of JSON."),
            rule("Illegal unquoted character.*code (\\d+).*", it -> "a control character (code " + it.group(1)
                    + ") stands inside a text; a line's end in it is written \\n."),
            rule(".*\\(\\(CTRL-CHAR, code (\\d+)\\)\\).*", it -> "a control character (code " + it.group(1)
                    + ") stands between the values."),
            rule("Document nesting depth.*exceeds the maximum allowed \\((\\d+).*",
                    it -> "it is nested more than " + it.group(1) + " deep."),
            rule("(Number|String|Name).* length.*exceeds the maximum allowed \\((\\d+).*", it -> "a "
                    + it.group(1).toLowerCase(Locale.ROOT) + " of more than " + it.group(2)
                    + " characters stands in it."));

    private JsonFaults() {
    }

    private record Rule(Pattern pattern, Function<MatchResult, String> sentence) {
    }

    /**
     * What is wrong, without the place.
     *
     * @param complaint what the parser threw
     * @return a sentence on one line that begins in lower case, to stand after a colon, and ends with a full stop
     */
    public static String explain(JsonProcessingException complaint) {
        String message = complaint.getOriginalMessage().lines().findFirst().orElse("").strip();
        for (Rule rule : RULES) {
            Matcher matcher = rule.pattern.matcher(message);
            if (matcher.matches()) {
                return rule.sentence.apply(matcher);
            }
        }
        String known = message.replaceAll("[:,;]? *(?:enable )?\\(?\\[?`.*", "");
        return known.isEmpty() ? "it cannot be understood." : known.endsWith(".") ? known : known + ".";
    }

    private static Rule rule(String pattern, Function<MatchResult, String> sentence) {
        return new Rule(Pattern.compile(pattern, Pattern.DOTALL), sentence);
    }

    private static String stands(MatchResult it) {
        return Names.quote(it.group(1)) + " stands where ";
    }

    private static String tooMany(MatchResult it) {
        return switch (it.group(1)) {
            case "}", "]" -> " (is there a comma too many?).";
            case "'" -> " (texts and keys need double quotes).";
            case "#" -> " (comments begin with //).";
            default -> ".";
        };
    }
}
