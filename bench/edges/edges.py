"""The twin of io.gimbal.metric.EdgeMetric: edges as BSDS measures them, in plain numpy and scipy.

    edges.py FOLDER [NAME ...]  odsF and AP of FOLDER/boundaries/NAME.png, the shares of annotators who saw a boundary
                                (value / 255), against the borders of FOLDER/segments/NAME.png, one annotator's
                                numbers of segments; without names all images
    edges.py --synthetic        of the small maps that EdgeMetricTest makes
"""

import pathlib
import sys
import time

import numpy
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

THRESHOLDS = [k / 100 for k in range(1, 100)]
TOLERANCE = 0.0075
ALONE = 100
# x1 ... x8 of the papers: from the right pixel against the clock.
AROUND = [(0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1)]


def thin(image):
    """bwmorph(image, 'thin', inf): conditions G1, G2 and G3 (or G3') of Lam, Lee and Suen, PAMI 1992, page 879."""
    image = image.astype(bool)
    while True:
        before = image
        for half in (0, 4):
            padded = numpy.pad(image, 1)
            rows, columns = image.shape
            x = [padded[1 + down:1 + down + rows, 1 + across:1 + across + columns] for down, across in AROUND]
            crossings = sum((~x[i] & (x[i + 1] | x[(i + 2) % 8])).astype(int) for i in (0, 2, 4, 6))
            first = sum((x[i] | x[i + 1]).astype(int) for i in (0, 2, 4, 6))
            second = sum((x[i + 1] | x[(i + 2) % 8]).astype(int) for i in (0, 2, 4, 6))
            least = numpy.minimum(first, second)
            y = [x[(i + half) % 8] for i in range(8)]
            third = (y[1] | y[2] | ~y[7]) & y[0]
            image = image & ~((crossings == 1) & (least >= 2) & (least <= 3) & ~third)
        if (image == before).all():
            return image


def borders(numbers):
    """Where the discrete Laplacian, mirrored at the outermost pixels, is not 0; thinned."""
    numbers = numpy.pad(numbers.astype(numpy.int64), 1, mode="reflect")
    around = numbers[:-2, 1:-1] + numbers[2:, 1:-1] + numbers[1:-1, :-2] + numbers[1:-1, 2:]
    return thin(around != 4 * numbers[1:-1, 1:-1])


def matched(predicted, truth):
    """How many pixels are matched by the cheapest assignment."""
    rows, columns = predicted.shape
    tolerance = TOLERANCE * numpy.hypot(rows, columns)
    reach = int(tolerance)
    few, many = sorted((predicted, truth), key=numpy.count_nonzero)
    count, others = numpy.count_nonzero(few), numpy.count_nonzero(many)
    if count == 0:
        return 0
    numbers = numpy.full((rows + 2 * reach, columns + 2 * reach), -1)
    numbers[reach:reach + rows, reach:reach + columns][many] = numpy.arange(others)
    y, x = numpy.nonzero(few)
    # A row of its own column each, where it stays alone; scipy takes a cost of 0 for none, so all cost 1 more.
    entries = [(numpy.arange(count), others + numpy.arange(count), numpy.full(count, 1 + 2 * ALONE * tolerance))]
    for down in range(-reach, reach + 1):
        for across in range(-reach, reach + 1):
            if down * down + across * across <= tolerance * tolerance:
                found = numbers[y + reach + down, x + reach + across]
                there = numpy.nonzero(found >= 0)[0]
                cost = 1 + numpy.sqrt(down * down + across * across)
                entries.append((there, found[there], numpy.full(len(there), cost)))
    row, column, cost = (numpy.concatenate(part) for part in zip(*entries))
    graph = csr_matrix((cost, (row, column)), shape=(count, others + count))
    return int((min_weight_full_bipartite_matching(graph)[1] < others).sum())


def counts(probability, truth):
    """By threshold: matched, predicted; and how many are true."""
    lines = [thin(probability >= threshold) for threshold in THRESHOLDS]
    both = []
    for i, line in enumerate(lines):
        same = i > 0 and (line == lines[i - 1]).all()
        both.append(both[-1] if same else (matched(line, truth), int(line.sum())))
    return numpy.array(both), int(truth.sum())


def f(recall, precision):
    return 0.0 if recall + precision == 0 else 2 * recall * precision / (recall + precision)


def scores(images):
    """odsF and AP of pairs of probabilities and truth."""
    sums, true = numpy.zeros((len(THRESHOLDS), 2)), 0
    for probability, truth in images:
        both, edges = counts(probability, truth)
        sums, true = sums + both, true + edges
    recall = sums[:, 0] / max(true, 1)
    precision = sums[:, 0] / numpy.maximum(sums[:, 1], 1)
    best = f(recall[0], precision[0])
    for i in range(1, len(recall)):
        for part in numpy.linspace(0, 1, 100):
            best = max(best, f(recall[i] * part + recall[i - 1] * (1 - part),
                               precision[i] * part + precision[i - 1] * (1 - part)))
    recalls, first = numpy.unique(recall, return_index=True)
    area = 0
    if len(recalls) > 1:
        area = numpy.interp(numpy.arange(101) / 100, recalls, precision[first], left=0, right=0).sum() / 100
    return best, area


def read(folder, name):
    from PIL import Image
    probability = numpy.array(Image.open(folder / "boundaries" / f"{name}.png")) / 255
    return probability, borders(numpy.array(Image.open(folder / "segments" / f"{name}.png")))


def synthetic():
    """Circles, and blurred and noisy ones beside them; of whole numbers, so that EdgeMetricTest makes the same."""
    for number, (rows, columns) in enumerate([(181, 203), (130, 120), (211, 97)]):
        y, x = numpy.mgrid[:rows, :columns]
        radius = min(rows, columns) // 3
        def circle(right, down):
            square = (x - columns // 2 - right) ** 2 + (y - rows // 2 - down) ** 2
            return numpy.abs(square - radius * radius)

        noise = (x * 7919 + y * 104729 + number * 1299709) % 101
        off = circle(1, number)
        probability = numpy.maximum(0, 100 - off) * (noise + 150) // 250 / 100
        yield probability, thin(circle(0, 0) <= radius)


def main():
    begin = time.time()
    if sys.argv[1] == "--synthetic":
        images = synthetic()
    else:
        folder = pathlib.Path(sys.argv[1])
        names = sys.argv[2:] or sorted(file.stem for file in (folder / "boundaries").glob("*.png"))
        images = (read(folder, name) for name in names)
    print("odsF %.6f AP %.6f" % scores(images), "in %.1f s" % (time.time() - begin))


main()
