/**
 * A class an operation: its shapes, and what it launches forward and backward. For Gimbal's own packages; users write
 * layers of the package nn.
 */
package io.gimbal.graph.operation;
