// runtime/diag/progress.h - what a report tells a process that watches it.
//
// A report by a copy of the process (runtime/signal/isolate.h) may hang, on a lock
// whose owner is not there, or take long, with much debug information to read.
// The copy counts what it gets done, in memory that it shares with the watcher.
#pragma once

#include <atomic>
#include <cstdint>

namespace burrow::rt {

struct progress {
  std::atomic<std::uint32_t> steps{0};
  // Not 0: in a write, for which the reader takes as long as he likes.
  std::atomic<std::uint32_t> writing{0};
};

// watched is where; null: nobody watches. Set in a process of one thread.
inline constinit std::atomic<progress*> watched{nullptr};

// progress_step says that something has been done.
inline void progress_step() noexcept {
  if (progress* p = watched.load(std::memory_order_relaxed); p != nullptr)
    p->steps.fetch_add(1, std::memory_order_relaxed);
}

inline void progress_writing(bool now) noexcept {
  if (progress* p = watched.load(std::memory_order_relaxed); p != nullptr)
    p->writing.store(now ? 1 : 0, std::memory_order_relaxed);
}

}  // namespace burrow::rt
