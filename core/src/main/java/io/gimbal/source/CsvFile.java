package io.gimbal.source;

import io.gimbal.config.Faults;
import io.gimbal.config.FileFailures;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.shaded.fastcsv.reader.CsvParseException;
import io.gimbal.shaded.fastcsv.reader.CsvReader;
import io.gimbal.shaded.fastcsv.reader.CsvRecord;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A table as text (RFC 4180): UTF-8, with or without a byte order mark; its first row has the columns' names; separated
 * by commas, semicolons or tabs, whichever its first line has (of several the first of these). Blanks round a cell do
 * not count, nor do empty lines.
 *
 * @param file    where it lies
 * @param columns the columns' names, in order, each once
 * @param rows    in order
 */
public record CsvFile(Path file, List<String> columns, List<Row> rows) {
    private static final long LARGEST = 1L << 30;
    private static final int MOST_ROWS = 50_000_000;
    private static final char BYTE_ORDER_MARK = '\uFEFF';
    private static final byte[] PARQUET = {'P', 'A', 'R', '1'};
    private static final int LONGEST_HEADER = 1 << 20;

    /**
     * A row.
     *
     * @param line  where it begins, from 1
     * @param cells as many as there are columns
     */
    public record Row(long line, List<String> cells) { }

    /**
     * Reads a table.
     *
     * @param file in UTF-8, of at most 1 GiB
     * @return it, with all of its rows
     * @throws UserException naming file and line, if it cannot be read, or is no such table
     */
    public static CsvFile read(Path file) {
        return read(file, Faults.thrown());
    }

    /** The same; where faults are kept, rows of too few or too many cells are, and are left out. */
    static CsvFile read(Path file, Faults faults) {
        try {
            if (Files.size(file) > LARGEST) {
                throw new UserException(file + ": " + Files.size(file) + " bytes are too many for a table; at most "
                        + LARGEST + " are read.");
            }
            refuseParquet(file);
            try (BufferedReader text = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
                return read(file, text, faults);
            }
        } catch (CsvParseException malformed) {
            throw new UserException(file + ": no CSV that can be read: " + malformed.getMessage() + " A cell that "
                    + "holds a quote, a separator or a line end stands in quotes, and a quote in it twice.", malformed);
        } catch (CharacterCodingException malformed) {
            throw new UserException(file + ": not a text file in UTF-8. Save it as UTF-8.", malformed);
        } catch (UncheckedIOException failure) {
            throw failure.getCause() instanceof CharacterCodingException ? new UserException(file
                    + ": not a text file in UTF-8. Save it as UTF-8.", failure)
                    : FileFailures.reading(file, failure.getCause());
        } catch (IOException failure) {
            throw FileFailures.reading(file, failure);
        }
    }

    private static void refuseParquet(Path file) throws IOException {
        try (InputStream start = Files.newInputStream(file)) {
            if (Arrays.equals(start.readNBytes(PARQUET.length), PARQUET)) {
                throw new UserException(file + ": a Parquet file; tables are read as CSV. Any of Parquet's tools "
                        + "writes it, such as pandas: pandas.read_parquet(FILE).to_csv(OTHER, index=False).");
            }
        }
    }

    private static CsvFile read(Path file, BufferedReader text, Faults faults) throws IOException {
        text.mark(1);
        if (text.read() != BYTE_ORDER_MARK) {
            text.reset();
        }
        char separator = separator(text);
        List<String> columns = null;
        List<Row> rows = new ArrayList<>();
        try (CsvReader<CsvRecord> reader = CsvReader.builder().fieldSeparator(separator).skipEmptyLines(true)
                .allowMissingFields(true).allowExtraFields(true).trimWhitespacesAroundQuotes(true).ofCsvRecord(text)) {
            for (CsvRecord read : reader) {
                List<String> cells = read.getFields().stream().map(String::strip).toList();
                if (columns == null) {
                    columns = header(file, cells);
                    continue;
                }
                if (read.getFieldCount() != columns.size()) {
                    faults.tell(otherCells(file, read, columns.size()));
                    continue;
                }
                if (rows.size() == MOST_ROWS) {
                    throw new UserException(file + ": more than " + MOST_ROWS + " rows.");
                }
                rows.add(new Row(read.getStartingLineNumber(), cells));
            }
        }
        requireClosed(file, rows);
        if (columns == null || rows.isEmpty()) {
            throw new UserException(file + ": this table is empty; it needs a row with its columns' names, and a row "
                    + "an example.");
        }
        return new CsvFile(file, columns, rows);
    }

    /** A quote that nothing closes makes all that follows one cell of the last row. */
    private static void requireClosed(Path file, List<Row> rows) throws IOException {
        if (rows.isEmpty() || rows.getLast().cells().stream().noneMatch(cell -> cell.contains("\n"))) {
            return;
        }
        long quotes = 0;
        try (BufferedReader text = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            for (int letter = text.read(); letter >= 0; letter = text.read()) {
                quotes += letter == '"' ? 1 : 0;
            }
        }
        if (quotes % 2 == 1) {
            throw new UserException(file + ", line " + rows.getLast().line() + ": a quote is open in this row, and "
                    + "nothing closes it. A cell that holds a quote stands in quotes, and the quote in it twice.");
        }
    }

    private static char separator(BufferedReader text) throws IOException {
        text.mark(LONGEST_HEADER);
        boolean semicolon = false;
        boolean tab = false;
        boolean quoted = false;
        for (int i = 0; i < LONGEST_HEADER - 1; i++) {
            int letter = text.read();
            if (letter < 0 || !quoted && (letter == '\n' || letter == '\r')) {
                break;
            }
            quoted ^= letter == '"';
            if (!quoted && letter == ',') {
                text.reset();
                return ',';
            }
            semicolon |= !quoted && letter == ';';
            tab |= !quoted && letter == '\t';
        }
        text.reset();
        return semicolon ? ';' : tab ? '\t' : ',';
    }

    private static List<String> header(Path file, List<String> cells) {
        Map<String, Integer> places = new HashMap<>();
        for (int i = 0; i < cells.size(); i++) {
            String name = cells.get(i);
            if (name.isEmpty()) {
                throw new UserException(file + ", line 1: column " + (i + 1) + " has no name. The first row has the "
                        + "columns' names.");
            }
            if (places.putIfAbsent(name, i) != null) {
                throw new UserException(file + ", line 1: two columns are called " + Names.quote(name)
                        + ". The first row has the columns' names, each once.");
            }
        }
        return cells;
    }

    private static UserException otherCells(Path file, CsvRecord read, int due) {
        return new UserException(file + ", line " + read.getStartingLineNumber() + ": " + read.getFieldCount()
                + (read.getFieldCount() == 1 ? " cell" : " cells") + ", but there are " + due + " columns. A cell "
                + "that holds a separator stands in quotes.");
    }

    /**
     * The number of a column.
     *
     * @param asker who asks for it, as the beginning of a message
     */
    int column(String name, String asker) {
        int column = columns.indexOf(name);
        if (column < 0) {
            throw new UserException(asker + " is the column " + Names.quote(name) + ", which " + file
                    + " does not have." + Names.hint(name, columns) + " Its columns: " + Names.list(columns) + ".");
        }
        return column;
    }

    /**
     * {@return what a row holds, by the columns' names and in their order}
     *
     * @param row of this table
     */
    public Map<String, String> byColumn(Row row) {
        Map<String, String> cells = new LinkedHashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            cells.put(columns.get(i), row.cells().get(i));
        }
        return cells;
    }

    /** Where a cell stands, for messages. */
    String place(Row row, int column) {
        return file + ", line " + row.line() + ", column " + Names.quote(columns.get(column));
    }
}
