// What the device notes down of a step, in a ring of records; StepRecord.java reads it.
#pragma once
#include "common.cuh"

// Doubles of one record:
//   loss, weight, norm, labels: [T] each
//   total, learning rate, whether the step was accepted, its number, whether the rule had no answer
//   of the inputs, then of each task's target: how many places hold what may not stand there, the first of them, what it holds
constexpr int FOUND = 3;

DEVICE int total_in_record(int T) { return 4 * T; }
DEVICE int found_in_record(int T, int part) { return 4 * T + 5 + FOUND * part; }
DEVICE int record_words(int T) { return found_in_record(T, T + 1); }

DEVICE double* record_of(double* records, int record_slots, long long step, int T) {
    return records + step % record_slots * record_words(T);
}

// Doubles of one diagnosis, in a ring of as many behind that of the records, where steps are diagnosed:
//   the cosines of tasks i < j: [T (T - 1) / 2], by rows
//   the condition number of their matrix
DEVICE int cosine_in_diagnosis(int T, int i, int j) { return i * T - i * (i + 1) / 2 + j - i - 1; }
DEVICE int condition_in_diagnosis(int T) { return T * (T - 1) / 2; }

DEVICE double* diagnosis_of(double* diagnoses, int record_slots, long long step, int T) {
    return diagnoses + step % record_slots * (condition_in_diagnosis(T) + 1);
}
