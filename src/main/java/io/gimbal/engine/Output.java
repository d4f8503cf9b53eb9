package io.gimbal.engine;

/** A value that a task's loss reads. */
record Output(Value value, int task) {}
