/**
 * Tensors in files: the safetensors format, read as untrusted input through memory maps and written atomically, so that
 * a failed write leaves the previous file as it was; lines and messages in files. For Gimbal's own packages.
 */
package io.gimbal.storage;
