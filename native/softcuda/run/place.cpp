#include "run/place.h"

#include "core/failure.h"

namespace softcuda {

__thread Place place;

void trap(const char* why) { throw Failure(CUDA_ERROR_LAUNCH_FAILED, why); }

}  // namespace softcuda
