#include "ptx/warp.h"

#include <cstring>

namespace softcuda::ptx {

Frame new_frame(const Function& function) {
    const auto bytes = static_cast<size_t>(function.frame_bytes);
    Frame frame(static_cast<char*>(::operator new(bytes, std::align_val_t{place_unit})));
    std::memset(frame.get(), 0, bytes);
    for (const Constant& constant : function.constants)
        for (int lane = 0; lane < warp_lanes; lane++)
            std::memcpy(frame.get() + constant.place + lane * constant.bytes, &constant.bits,
                        static_cast<size_t>(constant.bytes));
    return frame;
}

unsigned bits_of(const char* frame, int place) {
    const int* words = reinterpret_cast<const int*>(frame + place);
    unsigned bits = 0;
    for (int lane = 0; lane < warp_lanes; lane++) bits |= static_cast<unsigned>(words[lane] & 1) << lane;
    return bits;
}

}  // namespace softcuda::ptx
