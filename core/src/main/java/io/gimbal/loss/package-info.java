/** Task losses: each a mean over labelled places, evaluated on the device together with its gradient. For users. */
package io.gimbal.loss;
