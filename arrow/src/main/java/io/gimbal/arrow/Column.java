package io.gimbal.arrow;

/** What becomes one array of a batch. */
abstract class Column {
    private final Elements elements;

    Column(Elements elements) {
        this.elements = elements;
    }

    Elements elements() {
        return elements;
    }

    /** Another record batch is in the vectors. */
    void loaded() {
        elements.loaded();
    }

    /** An array for that many rows. */
    abstract Object room(int rows);

    /**
     * Copies rows of the record batch.
     *
     * @param first  the first of them
     * @param count  how many
     * @param before rows of earlier record batches, by which messages count
     * @param into   a room
     * @param filled rows that are in it
     */
    final void copy(int first, int count, long before, Object into, int filled) {
        for (int i = 0; i < count; i++) {
            int row = first + i;
            int at = (filled + i) * elements.count();
            if (elements.isNull(row)) {
                fillUnlabelled(before + row, into, at);
            } else {
                copyRow(elements.start(row, before + row), before + row, into, at);
            }
        }
    }

    /** For a row that is null. */
    abstract void fillUnlabelled(long row, Object into, int at);

    abstract void copyRow(int start, long row, Object into, int at);
}
