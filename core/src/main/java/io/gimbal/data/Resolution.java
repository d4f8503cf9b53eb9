package io.gimbal.data;

import io.gimbal.config.UserException;
import java.util.Locale;

/** In whose pixels predictions are held against labels. */
public enum Resolution {
    /** In those of the network's image, to which labels are brought. */
    NETWORK {
        @Override
        public void check(DataSet data) { }
    },
    /** In those of each sample's own image, to which predictions are brought. Only of a {@link StoredSet}. */
    NATIVE {
        @Override
        public void check(DataSet data) {
            if (!(data instanceof StoredSet)) {
                throw new UserException("to validate at the native resolution takes data that have "
                        + "sizes of their own; these are known at the network's alone");
            }
            if (data.fit() == Fit.COVER || data.fit() == Fit.CROP) {
                throw new UserException("to validate at the native resolution takes a network that sees all of an "
                        + "image; with the fit " + data.fit().name().toLowerCase(Locale.ROOT)
                        + " it does not. Take stretch or inside in validation.fit.");
            }
        }
    };

    /**
     * Refuses data that cannot be measured so.
     *
     * @param data what is to be measured on
     * @throws UserException saying why, and what to do about it
     */
    public abstract void check(DataSet data);
}
