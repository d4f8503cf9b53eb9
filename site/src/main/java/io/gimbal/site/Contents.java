package io.gimbal.site;

import java.util.List;
import java.util.Optional;

/**
 * What the site has, in the order of its navigation. Files are named from the repository's root, with {@code /}.
 *
 * @param sections the parts of the navigation
 */
public record Contents(List<Section> sections) {
    /** Gimbal's own. */
    public static final Contents GIMBAL = new Contents(List.of(
            new Section("Start", List.of(
                    Entry.page("README.md", "What Gimbal is"),
                    Entry.page("docs/tutorials/rooms-to-your-own-data.md", "From rooms to your own data"),
                    Entry.page("docs/your-own-data.md", "Your own data in ten minutes"),
                    Entry.page("docs/tutorials/embedding.md", "Gimbal in a program of yours"),
                    Entry.page("docs/tutorials/choosing-settings.md", "Choosing settings"),
                    Entry.page("docs/tutorials/several-gpus.md", "On several GPUs"),
                    Entry.page("docs/tutorials/kernels.md", "A kernel of your own"))),
            new Section("Guide", List.of(Entry.split("docs/guide.md", "Contents"))),
            new Section("Reference", List.of(
                    Entry.api("Java API"),
                    Entry.page("docs/architectures.md", "Networks by name"),
                    Entry.page("examples/pipelines/README.md", "Photos through a pipeline"),
                    Entry.page("docs/bindings.md", "The two bindings"),
                    Entry.page("kernels/README.md", "Kernels"),
                    Entry.page("native/softcuda/README.md", "The software device"),
                    Entry.page("native/forward/README.md", "Libraries for JCuda"),
                    Entry.page("bench/README.md", "Benchmarks"),
                    Entry.page("bench/results/README.md", "Results"),
                    Entry.page("packaging/README.md", "The bundle"))),
            new Section("Experiments", List.of(
                    Entry.page("experiments/toy.md", "GradNorm's toy problem"),
                    Entry.page("experiments/nyuv2.md", "GradNorm on NYUv2"),
                    Entry.page("experiments/rooms-keypoints.md", "Key points of rooms"),
                    Entry.page("experiments/faces.md", "GradNorm's faces"),
                    Entry.page("experiments/multimnist.md", "MultiMNIST"),
                    Entry.page("experiments/survey.md", "The survey's networks"))),
            new Section("Project", List.of(
                    Entry.page("docs/design.md", "Design"),
                    Entry.folder("docs/decisions", "Decisions"),
                    Entry.page("CONTRIBUTING.md", "Working on Gimbal"),
                    Entry.page("THIRD-PARTY.md", "What it builds on")))));

    /** The page that the site opens with. */
    String start() {
        return sections.getFirst().entries().getFirst().file();
    }

    List<Entry> entries() {
        return sections.stream().flatMap(section -> section.entries().stream()).toList();
    }

    Optional<Entry> api() {
        return entries().stream().filter(entry -> entry.kind() == Kind.API).findFirst();
    }

    /**
     * A part of the navigation.
     *
     * @param title   what stands above it
     * @param entries what is in it
     */
    public record Section(String title, List<Entry> entries) {}

    /** What an entry leads to. */
    public enum Kind {
        /** One Markdown file, one page. */
        PAGE,
        /** One long Markdown file: a page for what stands before its first section, and one for each section. */
        SPLIT,
        /** All Markdown files of a folder, each a page, and a page that lists them. */
        FOLDER,
        /** The Javadoc. */
        API
    }

    /**
     * A line of the navigation.
     *
     * @param kind  what it leads to
     * @param file  the file or folder; of the Javadoc nothing
     * @param title what the line says
     */
    public record Entry(Kind kind, String file, String title) {
        static Entry page(String file, String title) {
            return new Entry(Kind.PAGE, file, title);
        }

        static Entry split(String file, String title) {
            return new Entry(Kind.SPLIT, file, title);
        }

        static Entry folder(String folder, String title) {
            return new Entry(Kind.FOLDER, folder, title);
        }

        static Entry api(String title) {
            return new Entry(Kind.API, "", title);
        }
    }
}
