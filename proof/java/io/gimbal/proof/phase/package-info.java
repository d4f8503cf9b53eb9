/** The phases of the proof: what each starts, and what it reads from what came out. */
package io.gimbal.proof.phase;
