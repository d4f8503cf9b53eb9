/** Task losses: each a mean over labelled places, evaluated on the device together with its gradient. */
package io.gimbal.loss;
