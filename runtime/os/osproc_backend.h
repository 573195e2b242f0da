// runtime/os/osproc_backend.h - what a backend gives to osproc.cc. Private.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/os/osproc.h"

namespace burrow::rt {

// No stack is smaller: libc itself wants half of this for a moment, a sanitizer
// all of it. None is larger: sums with it do not overflow.
inline constexpr std::size_t kMinStack = 64 * 1024;
inline constexpr std::size_t kMaxStack = std::size_t{1}
                                         << (sizeof(void*) == 8 ? 40 : 30);

// rawprobe says why the raw backend does not work here; nullptr: it does. It
// makes two threads and waits until the kernel has forgotten them.
const char* rawprobe() noexcept;

// rawself returns the calling thread's osthread; nullptr if the raw backend did
// not make it. rawstack stores the bounds of its stack.
osthread* rawself() noexcept;
void rawstack(const osthread* t, void** lo, void** hi) noexcept;

std::int64_t rawnewosproc(void (*fn)(void*), void* arg,
                          std::size_t stackbytes) noexcept;
std::int64_t pthreadnewosproc(void (*fn)(void*), void* arg,
                              std::size_t stackbytes) noexcept;

}  // namespace burrow::rt
