// bench/scaling/shadow.h - std::atomic, as the runtime's sources find it here: each
// access costs what it would, and lets the threads go first that are earlier.
//
// Included before everything else in each source that is simulated. A std in the
// namespace of the runtime is found before the real one, which it extends; an atomic
// is as large as the real one, so that structures have the layout that they have.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>

#include "bench/scaling/engine.h"

namespace burrow {

namespace std {

using namespace ::std;

template <typename T>
class atomic {
 public:
  constexpr atomic() noexcept : v_() {}
  constexpr atomic(T v) noexcept : v_(v) {}  // NOLINT: as std's
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(memory_order = memory_order_seq_cst) const noexcept {
    ::sim::touch(this, ::sim::access::load);
    return v_;
  }
  T peek() const noexcept { return v_; }  // from outside, at no cost
  void store(T v, memory_order o = memory_order_seq_cst) noexcept {
    ::sim::touch(this, o == memory_order_seq_cst ? ::sim::access::locked
                                                 : ::sim::access::store);
    v_ = v;
  }
  T exchange(T v, memory_order = memory_order_seq_cst) noexcept {
    return change([v](T) { return v; });
  }
  bool compare_exchange_strong(T& expected, T v, memory_order = {},
                               memory_order = {}) noexcept {
    ::sim::touch(this, ::sim::access::locked);
    if (v_ != expected) {
      expected = v_;
      return false;
    }
    v_ = v;
    return true;
  }
  bool compare_exchange_weak(T& expected, T v, memory_order = {},
                             memory_order = {}) noexcept {
    return compare_exchange_strong(expected, v);
  }
  T fetch_add(T n, memory_order = {}) noexcept {
    return change([n](T v) { return static_cast<T>(v + n); });
  }
  T fetch_sub(T n, memory_order = {}) noexcept {
    return change([n](T v) { return static_cast<T>(v - n); });
  }
  T fetch_or(T n, memory_order = {}) noexcept {
    return change([n](T v) { return static_cast<T>(v | n); });
  }
  T fetch_and(T n, memory_order = {}) noexcept {
    return change([n](T v) { return static_cast<T>(v & n); });
  }

 private:
  template <typename F>
  T change(F f) noexcept {
    ::sim::touch(this, ::sim::access::locked);
    const T was = v_;
    v_ = f(was);
    return was;
  }

  T v_;
};

inline void atomic_thread_fence(memory_order) noexcept { ::sim::fence(); }
inline void atomic_signal_fence(memory_order) noexcept {}

}  // namespace std

}  // namespace burrow

namespace sim {

// A plain field that threads hand to each other: accesses count, too.
template <typename T>
class plain {
 public:
  constexpr plain() noexcept : v_() {}
  constexpr plain(T v) noexcept : v_(v) {}  // NOLINT: as T
  plain(const plain& o) noexcept : v_(o.get()) {}
  plain& operator=(const plain& o) noexcept { return *this = o.get(); }
  plain& operator=(T v) noexcept {
    touch(this, access::store);
    v_ = v;
    return *this;
  }
  operator T() const noexcept { return get(); }  // NOLINT: as T
  T operator->() const noexcept { return get(); }

 private:
  T get() const noexcept {
    touch(this, access::load);
    return v_;
  }
  T v_;
};

}  // namespace sim
