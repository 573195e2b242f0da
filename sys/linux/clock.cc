// sys/linux/clock.cc - the monotonic clock, read without entering the kernel.
//
// The first call finds the vDSO's function and leaves its address in a word;
// threads that come at once find the same address, so that no lock is needed
// and the clock works before anything has been initialised.
#include "sys/linux/time.h"
#include "sys/linux/vdso.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

using clockfn = int (*)(int, timespec*) noexcept;

constexpr int kMonotonic = 1, kMonotonicCoarse = 6;

int clockbysyscall(int clock, timespec* now) noexcept {
  return static_cast<int>(clockcall(clock, now));
}

int findclock(int clock, timespec* now) noexcept;

constinit std::atomic<clockfn> clockgettime{findclock};

int findclock(int clock, timespec* now) noexcept {
  auto fn = reinterpret_cast<clockfn>(vdsosymbol(kVdsoClock));
  timespec trial;
  if (fn == nullptr || fn(clock, &trial) != 0) fn = clockbysyscall;
  // Relaxed: the word is an address of code that has been there all along.
  clockgettime.store(fn, std::memory_order_relaxed);
  return fn(clock, now);
}

// 0: there is no such clock.
std::int64_t timeof(int clock) noexcept {
  timespec now{};
  clockgettime.load(std::memory_order_relaxed)(clock, &now);
  return now.sec * kSecond + now.nsec;
}

}  // namespace

std::int64_t nanotime() noexcept { return timeof(kMonotonic); }

std::int64_t coarsetime() noexcept {
  const std::int64_t t = timeof(kMonotonicCoarse);
  return t != 0 ? t : nanotime();
}

void usleep(std::uint32_t us) noexcept {
  const timespec t{us / 1'000'000, us % 1'000'000 * 1000};
  sleepcall(&t);
}

}  // namespace burrow::sys
