/** The proof on a GPU: its command, its phases in turn, the processes that they start, and the time that each has. */
package io.gimbal.proof;
