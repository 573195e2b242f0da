// runtime/os/osproc_hosted.cc - the raw backend of systems that have none: a hosted
// program's threads are all its C library's (docs/porting.md).
#include <cerrno>

#include "runtime/os/osproc_backend.h"

namespace burrow::rt {

const char* rawprobe() noexcept {
  return "this system's threads are its C library's";
}

osthread* rawself() noexcept { return nullptr; }

void rawstack(const osthread*, void** lo, void** hi) noexcept {
  *lo = *hi = nullptr;
}

void osthread_runson(char*, char*) noexcept {}

std::int64_t rawnewosproc(void (*)(void*), void*, std::size_t) noexcept {
  return -ENOSYS;
}

}  // namespace burrow::rt
