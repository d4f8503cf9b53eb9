package io.gimbal.device;

import java.util.List;
import java.util.Objects;

/**
 * What can be run on.
 *
 * @param gpu      the GPU's side
 * @param software the software device's side
 */
public record Survey(Place gpu, Place software) {
    /** Checks that both are there. */
    public Survey {
        Objects.requireNonNull(gpu, "gpu is null");
        Objects.requireNonNull(software, "software is null");
    }

    /** {@return the whole survey as text, several lines} */
    public String describe() {
        return gpu.describe() + "\n" + software.describe();
    }

    /**
     * A place to compute.
     *
     * @param title     "GPU" or "software device"
     * @param devices   a line for each device that can be used
     * @param libraries a line or more for each library: its version and file, or where it was looked for and why it was
     *     not found
     * @param reason    why nothing can be run here; empty where something can
     */
    public record Place(String title, List<String> devices, List<String> libraries, String reason) {
        /** Keeps copies of the lists. */
        public Place {
            devices = List.copyOf(devices);
            libraries = List.copyOf(libraries);
        }

        /** {@return whether something can be run here} */
        public boolean usable() {
            return reason.isEmpty();
        }

        /** {@return the place as text, several lines} */
        public String describe() {
            StringBuilder text = new StringBuilder(title).append(usable() ? "" : ": not usable, " + reason);
            for (String device : devices) {
                text.append("\n  ").append(device);
            }
            for (String library : libraries) {
                text.append("\n  ").append(library.replace("\n", "\n  "));
            }
            return text.toString();
        }
    }
}
