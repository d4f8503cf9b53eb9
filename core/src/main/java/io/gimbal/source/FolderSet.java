package io.gimbal.source;

import io.gimbal.config.Faults;
import io.gimbal.config.Names;
import io.gimbal.config.UserException;
import io.gimbal.data.DataIdentity;
import io.gimbal.data.Field;
import io.gimbal.data.Intake;
import io.gimbal.data.PhotoPlane;
import io.gimbal.data.Plane;
import io.gimbal.data.Sample;
import io.gimbal.data.Stages;
import io.gimbal.data.StoredSet;
import io.gimbal.picture.ArrayChoice;
import io.gimbal.picture.HeapShare;
import io.gimbal.picture.PictureFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The examples of a folder. */
final class FolderSet extends StoredSet {
    private final Path list;
    private final FolderFiles files;
    private final List<FolderField> fields;
    private final Orientation orientation;
    private final String decoding;

    /** What is done where a photo's EXIF says that it is shown turned. */
    enum Orientation {
        /** It is refused. */
        REFUSE,
        /** The photo is turned; labels are as it is shown. */
        PHOTO,
        /** The photo and its labels are turned alike. */
        ALIKE
    }

    /** The files of a field's labels, of the photo's size. */
    private record OpenLabels(PictureFile labels, Optional<PictureFile> mask) {
        long unpackedBytes() {
            return labels.unpackedBytes() + mask.map(PictureFile::unpackedBytes).orElse(0L);
        }
    }

    /** @param decoding how fields come from files, as a text that tells it from any other */
    private FolderSet(Intake intake, Path list, FolderFiles files, List<FolderField> fields, Orientation orientation,
            String decoding) {
        super(intake, files.entries().size(), fields.stream().map(FolderField::layer).toList());
        this.list = list;
        this.files = files;
        this.fields = List.copyOf(fields);
        this.orientation = orientation;
        this.decoding = decoding;
    }

    /** The set of these files; what the list itself says is checked, which costs no file. */
    static FolderSet open(SourceRequest request, Path list, FolderFiles files, List<FolderField> fields,
            Orientation orientation, String decoding) {
        if (files.entries().isEmpty()) {
            throw new UserException(list + ": none of the images that it names can be found. See data.path, and where "
                    + "images are said to lie.");
        }
        FolderSet set = new FolderSet(request.intake(), list, files, fields, orientation, decoding);
        set.check(request.faults());
        return set;
    }

    private void check(Faults faults) {
        fields.forEach(field -> check(field, faults));
    }

    private void check(FolderField field, Faults faults) {
        if (field instanceof FolderField.Cell cell) {
            files.entries().forEach(entry -> faults.attempt(() -> cell.reader().apply(entry.example())));
        }
        if (field instanceof FolderField.Points points && files.entries().stream().noneMatch(entry ->
                points.table().points().containsKey(entry.example().name()))) {
            List<String> names = points.table().points().keySet().stream().sorted().limit(3).toList();
            faults.tell(new UserException(list + ": none of its names has points in the field "
                    + field.layer().field().name() + ", whose file " + points.table().file() + " has "
                    + (names.isEmpty() ? "none" : "such as " + Names.list(names))
                    + ". Its names must be those of the list."));
        }
    }

    @Override
    public DataIdentity identity() {
        List<String> parts = new ArrayList<>(files.identity());
        for (FolderField field : fields) {
            parts.add(identity(field.layer().field()).toString());
            for (FolderFiles.Entry entry : files.entries()) {
                if (field instanceof FolderField.Points points) {
                    parts.add(Arrays.toString(points.table().points().get(entry.example().name())));
                } else if (field instanceof FolderField.Cell) {
                    parts.add(entry.example().cells().toString());
                }
            }
        }
        return DataIdentity.of(size(), parts);
    }

    /** Runs were begun while edges were plain values, and go on. */
    private static Field identity(Field field) {
        return field.kind() == Field.Kind.EDGES ? Field.ofValues(field.name(), field.channels(), field.ignore())
                : field;
    }

    @Override
    public String origin() {
        return list.toString();
    }

    @Override
    protected Optional<List<?>> dependencies(int index) {
        FolderFiles.Entry entry = files.entries().get(index);
        List<Object> parts = new ArrayList<>(List.of("folder", orientation, decoding, stamp(entry.image())));
        entry.labels().entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(label -> {
            parts.add(label.getKey());
            parts.add(stamp(label.getValue()));
        });
        parts.add(new TreeMap<>(entry.example().cells()));
        for (FolderField field : fields) {
            if (field instanceof FolderField.Points points) {
                parts.add(Arrays.toString(points.table().points().get(entry.example().name())));
            }
        }
        return Optional.of(parts);
    }

    @Override
    public String name(int index) {
        return files.entries().get(index).example().name();
    }

    @Override
    public List<Path> files(int index) {
        FolderFiles.Entry entry = files.entries().get(index);
        return Stream.concat(Stream.of(entry.image()), entry.labels().entrySet().stream().sorted(Map.Entry
                .comparingByKey()).map(Map.Entry::getValue)).toList();
    }

    @Override
    protected Sample decode(Intake intake, int index, Set<String> wanted) {
        FolderFiles.Entry entry = files.entries().get(index);
        PictureFile photo = open(entry.image(), ArrayChoice.ONLY);
        if (orientation != Orientation.REFUSE) {
            photo.turn(photo.orientation());
        }
        Map<FolderField.Pixels, OpenLabels> labels = new HashMap<>();
        for (FolderField field : fields) {
            if (field instanceof FolderField.Pixels pixels && wanted.contains(field.layer().field().name())) {
                labels(pixels, entry.labels(), photo).ifPresent(open -> labels.put(pixels, open));
            }
        }
        Intake.Kept kept = intake.kept(photo.height(), photo.width());
        return HeapShare.lend(bytes(photo, labels, kept), () -> new Sample(kept, image(photo, kept),
                planes(entry.example(), photo, labels, kept, wanted), wanted));
    }

    private PictureFile open(Path file, ArrayChoice choice) {
        return orientation == Orientation.REFUSE ? PictureFile.open(file, choice)
                : PictureFile.openAsStored(file, choice);
    }

    /** The files of a field, which are both there where it is masked. */
    private Optional<OpenLabels> labels(FolderField.Pixels field, Map<String, Path> files, PictureFile photo) {
        String name = field.layer().field().name();
        Path masks = files.get(LabelMask.key(name));
        if (!files.containsKey(name) || field.mask().isPresent() && masks == null) {
            return Optional.empty();
        }
        Optional<PictureFile> mask = field.mask().map(masked -> fitting(open(masks, masked.choice()), photo));
        return field.decoder().open(files.get(name), field.choice()).map(file -> {
            if (orientation == Orientation.REFUSE) {
                file.requireUpright();
            }
            return new OpenLabels(fitting(file, photo), mask);
        });
    }

    private PictureFile fitting(PictureFile label, PictureFile photo) {
        if (orientation == Orientation.ALIKE) {
            label.turn(photo.orientation());
        }
        if (label.height() != photo.height() || label.width() != photo.width()) {
            throw new UserException(label.path() + ": " + label.width() + " x " + label.height() + " pixels, but "
                    + photo.path() + " has " + photo.width() + " x " + photo.height() + (photo.orientation() == 1 ? ""
                            : " as it is turned (EXIF orientation " + photo.orientation() + ")")
                    + ". An example's files must show the same pixels: resize one of them.");
        }
        return label;
    }

    private static long bytes(PictureFile photo, Map<FolderField.Pixels, OpenLabels> labels, Intake.Kept kept) {
        return PhotoPlane.bytes(photo, labels.values().stream().mapToLong(OpenLabels::unpackedBytes).sum(), kept);
    }

    private Plane image(PictureFile photo, Intake.Kept kept) {
        Plane whole = PhotoPlane.of(photo, intake().channels());
        return Stages.in(Stages.Stage.FIT, () -> PhotoPlane.resized(whole, photo.height(), photo.width(),
                kept.height(), kept.width()));
    }

    private Map<String, Plane> planes(Example example, PictureFile photo, Map<FolderField.Pixels, OpenLabels> labels,
            Intake.Kept kept, Set<String> wanted) {
        Map<String, Plane> planes = new HashMap<>();
        for (FolderField field : fields) {
            String name = field.layer().field().name();
            if (wanted.contains(name)) {
                plane(field, example, photo, labels, kept).ifPresent(plane -> planes.put(name, plane));
            }
        }
        return planes;
    }

    private Optional<Plane> plane(FolderField field, Example example, PictureFile photo,
            Map<FolderField.Pixels, OpenLabels> labels, Intake.Kept kept) {
        return switch (field) {
            case FolderField.Pixels pixels -> Optional.ofNullable(labels.get(pixels)).map(files -> {
                Plane whole = pixels.decoder().decode(files.labels(), kept);
                Plane plane = files.mask().map(mask -> pixels.mask().orElseThrow().masked(whole, mask)).orElse(whole);
                return Stages.in(Stages.Stage.FIT, () -> plane.nearest(photo.height(), photo.width(), kept.height(),
                        kept.width()));
            });
            case FolderField.Points points -> Optional.ofNullable(points.table().points().get(example.name()))
                    .map(places -> points(points.table(), example.name(), photo, kept));
            case FolderField.Cell cell -> cell.reader().apply(example);
        };
    }

    /** In pixels of the kept image. */
    private Plane points(PointTable table, String name, PictureFile photo, Intake.Kept kept) {
        int turn = orientation == Orientation.ALIKE ? photo.orientation() : 1;
        boolean transposed = turn >= 5;
        int right = (transposed ? photo.height() : photo.width()) - 1;
        int bottom = (transposed ? photo.width() : photo.height()) - 1;
        table.requireInside(name, bottom + 1, right + 1);
        float[] places = table.points().get(name);
        float[] moved = places.clone();
        for (int i = 0; i < moved.length; i += 3) {
            // EXIF's eight: from the right in 2, 3, 7 and 8; from the bottom in 3, 4, 6 and 7; then exchanged from 5
            // on.
            float across = turn == 2 || turn == 3 || turn == 7 || turn == 8 ? right - places[i] : places[i];
            float down = turn == 3 || turn == 4 || turn == 6 || turn == 7 ? bottom - places[i + 1] : places[i + 1];
            float column = transposed ? down : across;
            float row = transposed ? across : down;
            moved[i] = (float) ((column + 0.5) * kept.width() / photo.width() - 0.5);
            moved[i + 1] = (float) ((row + 0.5) * kept.height() / photo.height() - 0.5);
        }
        return new Plane.Floats(moved, 3);
    }
}
