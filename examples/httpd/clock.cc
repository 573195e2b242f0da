// examples/httpd/clock.cc - see clock.h.

#include "examples/httpd/clock.h"

#include <time.h>

namespace httpd {

burrow::time_point coarse_now() noexcept {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return burrow::time_point(std::chrono::seconds(t.tv_sec) +
                            std::chrono::nanoseconds(t.tv_nsec));
}

}  // namespace httpd
