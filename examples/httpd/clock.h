// examples/httpd/clock.h - the time as deadlines want it: cheap and coarse.
#pragma once

#include "burrow/time.h"

namespace httpd {

// coarse_now is steady_clock's time of the system's last tick (4 ms ago at
// most). It reads no counter and makes no system call.
burrow::time_point coarse_now() noexcept;

}  // namespace httpd
