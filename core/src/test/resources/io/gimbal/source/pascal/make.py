"""Writes the files that PascalContextTest reads, and prints what their labels are by other means than Gimbal's.
Needs numpy, scipy, scikit-image and opencv-python-headless."""
import cv2
import numpy as np
import scipy.io
from skimage.morphology import thin

labels = np.full((9, 12), 440, np.uint16)
labels[5:, :] = 158
labels[2:7, 3:8] = 284
labels[1:4, 9:] = 360
labels[6:, 6:] = 46
labels[0, 0] = 441
labels[0:2, 5] = 2
scipy.io.savemat("labelmap.mat", {"LabelMap": labels}, do_compression=True)
print(thin(np.abs(cv2.Laplacian(labels, cv2.CV_64F)) > 0).astype(int))


def mask(top, bottom, left, right):
    pixels = np.zeros((9, 12), np.uint8)
    pixels[top:bottom, left:right] = 1
    return pixels


def thing(name, number, pixels, parts):
    one = np.zeros((1, 1), dtype=[("class", "O"), ("class_ind", "O"), ("mask", "O"), ("parts", "O")])
    described = np.zeros((1, len(parts)), dtype=[("part_name", "O"), ("mask", "O")])
    for i, part in enumerate(parts):
        described[0, i] = part
    one[0, 0] = (name, float(number), pixels, described if parts else np.zeros((0, 0)))
    return one


def save(file, things):
    annotation = np.zeros((1, 1), dtype=[("imname", "O"), ("objects", "O")])
    annotation[0, 0] = (file, np.concatenate(things, 1))
    scipy.io.savemat(file, {"anno": annotation}, do_compression=True)


person = thing("person", 15, mask(1, 8, 3, 8), [
    ("head", mask(1, 3, 4, 6)), ("lear", mask(1, 2, 4, 5)), ("torso", mask(3, 6, 3, 8)), ("ruarm", mask(3, 5, 2, 4)),
    ("rhand", mask(4, 5, 2, 3)), ("lfoot", mask(7, 8, 6, 8)), ("luleg", mask(5, 7, 6, 7))])
bystander = thing("person", 15, mask(0, 2, 10, 12), [])
cat = thing("cat", 8, mask(0, 2, 0, 2), [("head", mask(0, 1, 0, 1)), ("tail", mask(1, 2, 1, 2))])
save("parts.mat", [cat, bystander, person])
save("noparts.mat", [cat, bystander])
save("otherpart.mat", [thing("person", 15, mask(0, 2, 0, 2), [("wing", mask(0, 1, 0, 1))])])

classes = {"head": 1, "lear": 1, "torso": 2, "ruarm": 3, "rhand": 4, "luleg": 5, "lfoot": 6}
drawn = np.zeros((9, 12), int)
for one in scipy.io.loadmat("parts.mat")["anno"][0, 0]["objects"][0]:
    if one["class_ind"][0, 0] == 15 and one["parts"].size:
        for part in one["parts"][0]:
            drawn[part["mask"].astype(bool)] = classes[part["part_name"][0]]
print(drawn)
