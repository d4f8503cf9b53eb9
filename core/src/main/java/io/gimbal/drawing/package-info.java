/**
 * What networks see and say, as pictures: {@linkplain io.gimbal.drawing.Pictures sheets of samples}, {@linkplain
 * io.gimbal.drawing.ContactSheet sheets of examples} before a training, and {@linkplain
 * io.gimbal.drawing.Strip strips} of the same samples' predictions as a training goes on. For users.
 */
package io.gimbal.drawing;
