#include "core/switches.h"

namespace softcuda {

Switches& switches() {
    static Switches* all = new Switches;
    return *all;
}

Statistics& statistics() {
    static Statistics* all = new Statistics;
    return *all;
}

}  // namespace softcuda
