// runtime/sched/stack.cc - slabs, guards, pools and per-p caches of stacks.

#include "runtime/sched/stack.h"

#include <bit>

#include "runtime/diag/print.h"
#include "runtime/sched/mem.h"
#include "runtime/sched/sanitize.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

// spanlist is a growable array of free stacks, last in first out.
struct spanlist {
  stackspan* at = nullptr;
  std::size_t n = 0;
  std::size_t cap = 0;

  void push(stackspan s) noexcept {
    if (n == cap) grow();
    at[n++] = s;
  }

  void grow() noexcept {
    const std::size_t ncap = cap == 0 ? 1024 : cap * 2;
    auto* nat = static_cast<stackspan*>(memreserve(ncap * sizeof(stackspan)));
    if (nat == nullptr) rtthrow("stack: out of memory");
    for (std::size_t i = 0; i < n; i++) nat[i] = at[i];
    if (at != nullptr) memfree(at, cap * sizeof(stackspan));
    at = nat;
    cap = ncap;
  }
};

// stackclass is all the stacks of one size.
struct stackclass {
  spanlist free;            // ever used; the memory may still be there
  std::size_t trimmed = 0;  // free.at[0, trimmed) have given their memory back
  std::size_t low = 0;      // fewest free since the last pass of stacktrim
  // The current slab: [cut, guarded) have their guards, [guarded, end) not yet.
  char* cut = nullptr;
  char* guarded = nullptr;
  char* end = nullptr;
  std::size_t batch = 1;  // how many guards to make at the next time
  std::size_t slabs = 0;
  std::size_t made = 0;  // stacks cut so far
};

constexpr int kClasses = 37;  // by log2 of the bytes

struct {
  rtmutex lock;
  stackclass cls[kClasses];
  enum { markers, mprotected, none } guards = markers;
} pool;

std::size_t pagebytes() noexcept {
  static const std::size_t n = sys::pagesize();
  return n;
}

int classof(std::size_t bytes) noexcept { return std::countr_zero(bytes); }

// cellbytes is what a stack takes of its slab: a page more, below it, which is guard,
// too. A processor looks for a page's translation in a few places that the low bits of the
// page's number choose. With stacks a power of two apart those are the same for the
// tops of all: of a Zen 4's 3,072 places 48 were used, and with more goroutines than
// that each switch waited 13 ns for its stack.
std::size_t cellbytes(std::size_t bytes) noexcept {
  return bytes + pagebytes();
}

// guard makes the two lowest pages of each of n cells, the first at `at`,
// inaccessible. pool.lock held.
void guard(char* at, std::size_t bytes, std::size_t n) noexcept {
  const std::size_t cell = cellbytes(bytes), guards = 2 * pagebytes();
  if (pool.guards == pool.markers) {
    if (sys::sysguard(at, cell, guards, n) >= 0) return;
    pool.guards = pool.mprotected;
  }
  for (std::size_t i = 0; i < n && pool.guards == pool.mprotected; i++) {
    if (sys::sysprotectnone(at + i * cell, guards) >= 0) continue;
    pool.guards = pool.none;
    printer(2).str(
        "burrow: no more guard pages (vm.max_map_count); further goroutine "
        "stacks have none\n");
  }
}

// guardmore gives more stacks of the slab their guards: few at first, then many
// at a time, since half of what a guard costs is the system call. Mappings are
// not to be had in advance, so where guards take these it is one at a time.
// pool.lock held, c.guarded < c.end.
void guardmore(stackclass& c, std::size_t bytes) noexcept {
  constexpr std::size_t kBatch = 64;
  const std::size_t cell = cellbytes(bytes);
  const std::size_t left = static_cast<std::size_t>(c.end - c.guarded) / cell;
  std::size_t n = pool.guards == pool.markers ? c.batch : 1;
  if (n > left) n = left;
  guard(c.guarded, bytes, n);
  c.guarded += n * cell;
  if (c.batch < kBatch) c.batch *= 2;
}

// newslab reserves room for more stacks of `bytes`, 16 MiB of them at first, up to
// 1 GiB, so that a million stacks take few mappings; where addresses are few, up to
// 64 MiB. pool.lock held.
void newslab(stackclass& c, std::size_t bytes) noexcept {
  constexpr std::size_t kMostShift = kSmallSpace ? 2 : 6;
  const std::size_t shift = c.slabs < kMostShift ? c.slabs : kMostShift;
  std::size_t n = ((std::size_t{16} << 20) << shift) / bytes;
  if (n == 0) n = 1;
  const std::size_t cell = cellbytes(bytes);
  char* at = nullptr;
  for (; n > 0; n /= 2) {
    at = static_cast<char*>(memreserve(n * cell));
    if (at != nullptr) break;
  }
  if (at == nullptr) fatal("out of memory: cannot reserve a goroutine stack");
  c.cut = c.guarded = at;
  c.end = at + n * cell;
  c.slabs++;
}

stackspan takepool(std::size_t bytes) noexcept {
  stackclass& c = pool.cls[classof(bytes)];
  if (c.free.n > 0) {
    c.free.n--;
    if (c.trimmed > c.free.n) c.trimmed = c.free.n;
    if (c.low > c.free.n) c.low = c.free.n;
    return c.free.at[c.free.n];
  }
  if (c.cut == c.end) newslab(c, bytes);
  if (c.cut == c.guarded) guardmore(c, bytes);
  char* lo = c.cut + pagebytes();
  const stackspan s{lo, lo + bytes};
  c.cut += cellbytes(bytes);
  c.made++;
  sanitizer_mapstack(s.lo, s.hi);
  return s;
}

// touch commits the page on which a goroutine begins.
__attribute__((no_sanitize("address", "thread"))) void touch(
    stackspan s) noexcept {
  s.hi[-1] = 0;
}

void givepool(stackspan s) noexcept {
  pool.cls[classof(spanbytes(s))].free.push(s);
}

// fillcache takes a batch for pp, which saves lock rounds; of stacks that were
// never used, those that have their guards. Their memory comes now, where nobody
// waits, not in the switch that starts a goroutine (picktopark, proc.cc).
void fillcache(p* pp) noexcept {
  const std::size_t bytes = sched.stackpages.load(relaxed) * pagebytes();
  const stackclass& c = pool.cls[classof(bytes)];
  std::size_t used;  // the others are one behind the other
  {
    const lockguard hold(pool.lock);
    used = c.free.n;
    do {
      pp->stacks[pp->stackn++] = takepool(bytes);
    } while ((c.free.n > 0 || c.cut < c.guarded) &&
             pp->stackn < kStackCache / 2);
  }
  if (used < pp->stackn)
    sys::syscommit(pp->stacks[used].hi - pagebytes(), cellbytes(bytes),
                   pagebytes(), pp->stackn - used);
  for (std::uint32_t i = 0; i < pp->stackn; i++) touch(pp->stacks[i]);
}

}  // namespace

std::uint32_t stackround(std::size_t bytes) noexcept {
  if (bytes > kMaxStack) return 0;
  if (bytes < kMinStack) bytes = kMinStack;
  if (bytes < 2 * pagebytes()) bytes = 2 * pagebytes();  // one is the guard
  return static_cast<std::uint32_t>(std::bit_ceil(bytes) / pagebytes());
}

stackspan stackallocslow(p* pp, std::uint32_t pages) noexcept {
  if (pages != 0 && pages != sched.stackpages.load(relaxed)) {
    const lockguard hold(pool.lock);
    return takepool(pages * pagebytes());
  }
  if (pp->stackn == 0) fillcache(pp);
  return cachedstack(pp);
}

void stackfree(m* mp, stackspan s) noexcept {
  p* pp = mp->pp.load(relaxed);
  if (spanbytes(s) != sched.stackpages.load(relaxed) * pagebytes()) {
    // Another p could take it from the pool while we still run on it: it
    // waits in the cache slot of its own until the next switch is over.
    mp->deadstack = s;
    mp->post.call(
        [](m* mm, void*) {
          stackfreepool(mm->deadstack);
          mm->deadstack = {};
        },
        nullptr);
    return;
  }
  if (pp->stackn == kStackCache) {
    // The coldest half goes; s, on which the caller may still run, stays.
    const lockguard hold(pool.lock);
    constexpr int kHalf = kStackCache / 2;
    for (int i = 0; i < kHalf; i++) givepool(pp->stacks[i]);
    for (int i = kHalf; i < kStackCache; i++)
      pp->stacks[i - kHalf] = pp->stacks[i];
    pp->stackn = kHalf;
  }
  cachestack(pp, s);
}

void stackfreepool(stackspan s) noexcept {
  const lockguard hold(pool.lock);
  givepool(s);
}

void stackflush(p* pp) noexcept {
  const lockguard hold(pool.lock);
  while (pp->stackn > 0) givepool(pp->stacks[--pp->stackn]);
}

std::size_t stackbytes() noexcept {
  std::size_t n = 0;
  const lockguard hold(pool.lock);
  for (int i = 0; i < kClasses; i++)
    n += (pool.cls[i].made - pool.cls[i].free.n) << i;
  return n;
}

void stacktrim() noexcept {
  constexpr std::size_t kAtATime = 64;  // under one hold of the lock
  for (stackclass& c : pool.cls) {
    for (bool more = true; more;) {
      const lockguard hold(pool.lock);
      for (std::size_t i = 0; i < kAtATime && c.trimmed < c.low; i++) {
        const stackspan s = c.free.at[c.trimmed++];
        sys::sysunused(s.lo + pagebytes(), spanbytes(s) - pagebytes());
      }
      more = c.trimmed < c.low;
      if (!more) c.low = c.free.n;
    }
  }
}

}  // namespace burrow::rt
