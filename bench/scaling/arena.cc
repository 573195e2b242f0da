// bench/scaling/arena.cc - memory at the same addresses in each run: where two things
// share a cache line may not depend on chance.
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>

#include "bench/scaling/engine.h"

namespace sim {

namespace {

constexpr std::size_t kArena = std::size_t{64} << 30;
constexpr std::uintptr_t kArenaAt = 0x200000000000;
char* room;
std::size_t used;

}  // namespace

void* arena(std::size_t bytes) {
  if (room == nullptr) {
    void* at =
        mmap(reinterpret_cast<void*>(kArenaAt), kArena, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
             -1, 0);
    if (at == MAP_FAILED) fail("no address space");
    room = static_cast<char*>(at);
  }
  bytes = (bytes + 4095) / 4096 * 4096;
  if (used + bytes > kArena) fail("the arena is full");
  void* at = room + used;
  used += bytes;
  return at;
}

void fail(const char* why) {
  std::fprintf(stderr, "simulation: %s\n", why);
  std::abort();
}

}  // namespace sim
