// bench/scaling/standin/sys/os.h - what the scheduler asks of the system, simulated.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "bench/scaling/engine.h"

namespace burrow::sys {

inline std::int64_t nanotime() noexcept {
  sim::work(sim::cost().clock);
  return 1'000'000'000 + sim::now() / sim::kNs;  // 0 means none, in places
}
inline std::uint64_t cputicks() noexcept {
  sim::work(8 * sim::kNs);
  return static_cast<std::uint64_t>(sim::now() / 400);  // 2.5 GHz
}
inline std::uint64_t ticks16us() noexcept { return 40'000; }
inline void usleep(std::uint32_t us) noexcept { sim::nap(us * sim::kUs); }
inline void procyield(std::uint32_t n) noexcept {
  sim::pause(static_cast<int>(n));
}
inline void osyield() noexcept { sim::work(sim::cost().syscall); }

inline std::int64_t futexsleep(std::atomic<std::uint32_t>* addr,
                               std::uint32_t val, std::int64_t ns) noexcept {
  const bool still = addr->load(std::memory_order_seq_cst) == val;
  return sim::sleepon(addr, still, ns < 0 ? -1 : ns * sim::kNs) ? 0 : -1;
}
inline std::int64_t futexwakeup(std::atomic<std::uint32_t>* addr,
                                std::uint32_t n) noexcept {
  return sim::wake(addr, static_cast<int>(n));
}

inline std::int64_t syscommit(void*, std::size_t, std::size_t,
                              std::size_t) noexcept {
  return 0;
}
inline void* sysreserve(std::size_t bytes) noexcept {
  return sim::arena(bytes);
}
inline std::int64_t sysfree(void*, std::size_t) noexcept { return 0; }
inline std::size_t pagesize() noexcept { return 4096; }
inline int ncpu() noexcept { return 256; }
inline std::int64_t gettid() noexcept { return 1; }
inline std::int64_t threadtime(std::int64_t) noexcept { return -1; }
inline void membarrier() noexcept { sim::barrier(); }
enum class barrierkind : std::uint32_t { unset, expedited, global, protect };
inline barrierkind membarrier_kind() noexcept { return barrierkind::expedited; }

}  // namespace burrow::sys
