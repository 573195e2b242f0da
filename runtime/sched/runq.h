// runtime/sched/runq.h - a growable double-ended queue of gs, private to its
// owner.
//
// Only whoever has exclusive access to the p (runtime2.h) calls anything here,
// but for size(): other threads read it as a hint, so both ends are relaxed
// atomics written by plain moves. It grows without limit: a wave of a million
// new goroutines spills into no other queue.
//
//   head                      tail
//     v                        v
//   [ oldest  ...    newest ] [ free ... ]      indices modulo the capacity
#pragma once

#include <atomic>
#include <cstdint>

namespace burrow::rt {

struct g;

class runq {
 public:
  runq() noexcept = default;
  runq(const runq&) = delete;
  runq& operator=(const runq&) = delete;

  // size may be called by any thread; it is exact for the owner.
  std::uint32_t size() const noexcept {
    return tail_.load(std::memory_order_relaxed) -
           head_.load(std::memory_order_relaxed);
  }
  bool empty() const noexcept { return size() == 0; }

  void pushback(g* gp) noexcept {
    if (tryappend(gp)) [[likely]]
      return;
    grow();
    tryappend(gp);
  }

  // tryappend is pushback without growing; false: there is no room.
  bool tryappend(g* gp) noexcept {
    const std::uint32_t t = tail_.load(std::memory_order_relaxed);
    if (t - head_.load(std::memory_order_relaxed) == cap_) return false;
    slot_[t & (cap_ - 1)] = gp;
    tail_.store(t + 1, std::memory_order_relaxed);
    return true;
  }

  // pushfront makes gp the oldest.
  void pushfront(g* gp) noexcept {
    if (size() == cap_) [[unlikely]]
      grow();
    const std::uint32_t h = head_.load(std::memory_order_relaxed) - 1;
    slot_[h & (cap_ - 1)] = gp;
    head_.store(h, std::memory_order_relaxed);
  }

  // popfront takes the oldest; the queue must not be empty.
  g* popfront() noexcept {
    const std::uint32_t h = head_.load(std::memory_order_relaxed);
    g* gp = slot_[h & (cap_ - 1)];
    head_.store(h + 1, std::memory_order_relaxed);
    return gp;
  }

  // taken counts the entries that were taken at the front, less those put there.
  std::uint32_t taken() const noexcept {
    return head_.load(std::memory_order_relaxed);
  }

  // peek returns the i-th oldest; there must be more than i.
  g* peek(std::uint32_t i) const noexcept {
    return slot_[(head_.load(std::memory_order_relaxed) + i) & (cap_ - 1)];
  }

  // peekback returns the newest; null if there is none. dropback takes it out.
  g* peekback() const noexcept {
    const std::uint32_t t = tail_.load(std::memory_order_relaxed);
    if (t == head_.load(std::memory_order_relaxed)) return nullptr;
    return slot_[(t - 1) & (cap_ - 1)];
  }
  void dropback() noexcept {
    tail_.store(tail_.load(std::memory_order_relaxed) - 1,
                std::memory_order_relaxed);
  }

  // popback takes the newest; the queue must not be empty.
  g* popback() noexcept {
    const std::uint32_t t = tail_.load(std::memory_order_relaxed) - 1;
    g* gp = slot_[t & (cap_ - 1)];
    tail_.store(t, std::memory_order_relaxed);
    return gp;
  }

  // clear forgets all entries, and the memory of a large queue.
  void clear() noexcept;

 private:
  void grow() noexcept;  // doubles; rtthrow if there is no memory

  g** slot_ = nullptr;
  std::uint32_t cap_ = 0;  // 0 or a power of two
  std::atomic<std::uint32_t> head_{0};
  std::atomic<std::uint32_t> tail_{0};
};

}  // namespace burrow::rt
