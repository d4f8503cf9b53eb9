/**
 * The checked mode: a binding that wraps another one and refuses dead pointers, sizes beyond an allocation, wrong
 * alignment, destroyed handles and handles that two threads use at once, before the C function is called. For tests and
 * for the search of a fault; {@code -Dgimbal.checked=true} switches it on.
 */
package io.gimbal.cuda.checked;
