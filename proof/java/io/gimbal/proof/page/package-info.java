/** What the proof found: checks, claims with their bars, pages, tables and pictures. */
package io.gimbal.proof.page;
