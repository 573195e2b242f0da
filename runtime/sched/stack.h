// runtime/sched/stack.h - goroutine stacks.
//
// A stack is a power-of-two reservation of address space, committed as it is
// touched; its lowest page is a guard, as is the page below it. Stacks are cut from slabs and never
// unmapped: a free one waits, hottest first, in its p's cache (default size
// only), then in the pool of its size class.
//
// Guards are installed with the kernel's guard markers where it has them (they
// split no mapping, so a million stacks fit in a few dozen), else by mprotect,
// which ends at vm.max_map_count; past that, stacks go without a guard page
// (said once on stderr).
//
// Rejected: a header at the top of each free stack, linking them. Giving back a
// free stack's memory would destroy it.
#pragma once

#include "runtime/sched/runtime2.h"

namespace burrow::rt {

// Where addresses have 32 bits, they are what there is least of: a quarter of the
// default is room for four times as many goroutines.
inline constexpr bool kSmallSpace = sizeof(void*) == 4;

inline constexpr std::size_t kMinStack = std::size_t{16} << 10;
inline constexpr std::size_t kMaxStack = std::size_t{1}
                                         << (kSmallSpace ? 28 : 36);
inline constexpr std::size_t kDefaultStack = std::size_t{kSmallSpace ? 64 : 256}
                                             << 10;
inline constexpr std::size_t kMainStack = std::size_t{8} << 20;

// stackcolour is how far below s.hi a goroutine begins, a multiple of 64. Stacks
// are whole pages: without it the frames of all parked goroutines would meet in the
// same few of the sets that a cache has for a page.
inline std::size_t stackcolour(stackspan s) noexcept {
  // Neighbours differ; so do those 16 apart.
  const std::uintptr_t n =
      reinterpret_cast<std::uintptr_t>(s.lo) / kDefaultStack;
  return (n + (n >> 4)) % 8 * 128;
}

// stackround turns a wished size in bytes into pages: at least kMinStack and two
// of them, up to the next power of two. Returns 0 if bytes is above kMaxStack.
std::uint32_t stackround(std::size_t bytes) noexcept;

// cachedstack takes a stack of the default size from pp's cache, which is not empty;
// cachestack puts one there, and says whether there was room. Owns pp.
inline stackspan cachedstack(p* pp) noexcept {
  return pp->stacks[--pp->stackn];
}
stackspan stackallocslow(p* pp, std::uint32_t pages) noexcept;
inline bool cachestack(p* pp, stackspan s) noexcept {
  if (pp->stackn == kStackCache) return false;
  pp->stacks[pp->stackn++] = s;
  return true;
}

// stackalloc returns a stack of `pages` (as stackround gave them; 0 means the
// run's default). No address space left is a fatal error. Inlined: a stackspan that
// comes back from a call in two registers is stored as two words, and a load of both
// soon after has to wait for that (10 ns a start).
//
// Context  in the runtime; owns pp.
inline stackspan stackalloc(p* pp, std::uint32_t pages) noexcept {
  if (pages != 0 || pp->stackn == 0) [[unlikely]]
    return stackallocslow(pp, pages);
  return cachedstack(pp);
}

// stackfromcache is stackalloc(pp, 0); where what it returns points to is pp's, and
// overwritten when a stack is put into its cache.
inline const stackspan* stackfromcache(p* pp) noexcept {
  if (pp->stackn == 0) [[unlikely]]
    cachestack(pp, stackallocslow(pp, 0));
  return &pp->stacks[--pp->stackn];
}

// stackfree takes back a stack that nobody uses any more; or that only the
// caller still runs on, until its next switch, with mp's p kept until then.
void stackfree(m* mp, stackspan s) noexcept;

// stackfreepool is stackfree for a thread without a p.
void stackfreepool(stackspan s) noexcept;

// stackflush moves pp's cache to the pool. Exclusive access to pp.
void stackflush(p* pp) noexcept;

// stackbytes is the room of all stacks that are not in the pool. Any thread.
std::size_t stackbytes() noexcept;

// stacktrim gives back the memory of the pooled stacks that nobody has asked for
// since the last call: the coldest, which the pool's order keeps lowest.
//
// Context  sysmon.
void stacktrim() noexcept;

}  // namespace burrow::rt
