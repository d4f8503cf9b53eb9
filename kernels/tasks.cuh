// How many tasks a step may have: their numbers stand in shared memory.
#pragma once

constexpr int MOST_TASKS = 32;
