// sys/bsd/memory.h - the one part of sys/bsd/mem.cc that each system does itself.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys {

// mapanon maps fresh zeroed memory of no file; prot and flags are mmap's. at is
// null unless the flags say that it is to be there.
// Returns  its address, or -errno.
std::int64_t mapanon(void* at, std::size_t bytes, int prot, int flags) noexcept;

}  // namespace burrow::sys
