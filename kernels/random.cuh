// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): words of 32 random bits that are a function of
// a key and a counter. Word i of a stream at a step is word i % 4 of the counter (i / 4 low, stream, step low, step high) under the key
// (seed low, seed high), whatever the launch: 10 rounds of 2 products of 64 bits and 6 other operations for 4 words.
#pragma once
#include "common.cuh"

struct RandomWords { unsigned int x[4]; };

struct RandomStream {
    unsigned int key_low, key_high, stream, step_low, step_high;

    MEMBER RandomStream(long long seed, int stream, long long step)
        : key_low((unsigned int)seed), key_high((unsigned int)(seed >> 32)), stream((unsigned int)stream),
          step_low((unsigned int)step), step_high((unsigned int)(step >> 32)) {}

    // The words 4 q to 4 q + 3.
    MEMBER RandomWords four(unsigned int q) const {
        unsigned int c0 = q, c1 = stream, c2 = step_low, c3 = step_high, k0 = key_low, k1 = key_high;
        UNROLL
        for (int round = 0; round < 10; round++) {
            unsigned long long a = 0xd2511f53ull * c0, b = 0xcd9e8d57ull * c2;
            c0 = (unsigned int)(b >> 32) ^ c1 ^ k0;
            c1 = (unsigned int)b;
            c2 = (unsigned int)(a >> 32) ^ c3 ^ k1;
            c3 = (unsigned int)a;
            k0 += 0x9e3779b9u;
            k1 += 0xbb67ae85u;
        }
        return RandomWords{{c0, c1, c2, c3}};
    }
    MEMBER unsigned int word(long long i) const {
        RandomWords words = four((unsigned int)(i / 4));
        unsigned int low = i % 2 ? words.x[1] : words.x[0], high = i % 2 ? words.x[3] : words.x[2];
        return i % 4 < 2 ? low : high;
    }
};
