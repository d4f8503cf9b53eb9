/**
 * The way out of Gimbal: a network with what it learned as an ONNX file, or as a folder that holds all that a program
 * needs to predict. It needs no device. For users.
 */
package io.gimbal.export;
