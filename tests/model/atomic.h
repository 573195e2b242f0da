// tests/model/atomic.h - std::atomic, as the code under test finds it, modelled.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>

#include "tests/model/model.h"

namespace burrow::rt {

// std::x in this namespace is looked up here first; what is not found is that of
// the real std.
namespace std {

using namespace ::std;

template <typename T>
class atomic {
 public:
  explicit(false) atomic(T init) noexcept : at_(toword(init)) {}

  T load(memory_order o) const noexcept { return fromword(at_.load(o)); }
  void store(T v, memory_order o) noexcept { at_.store(toword(v), o); }
  bool compare_exchange_strong(T& expected, T v, memory_order o,
                               memory_order failing) noexcept {
    const model::word was = toword(expected);
    const model::word got = at_.rmw(o, failing, [&](model::word& w) {
      if (w != was) return false;
      w = toword(v);
      return true;
    });
    expected = fromword(got);
    return got == was;
  }
  T exchange(T v, memory_order o) noexcept {
    return change(o, [v](T) { return v; });
  }
  T fetch_add(T v, memory_order o) noexcept {
    return change(o, [v](T w) { return static_cast<T>(w + v); });
  }
  T fetch_sub(T v, memory_order o) noexcept {
    return change(o, [v](T w) { return static_cast<T>(w - v); });
  }
  T fetch_or(T v, memory_order o) noexcept {
    return change(o, [v](T w) { return static_cast<T>(w | v); });
  }
  void init(T v) { at_.init(toword(v)); }
  // end is a last store, which nothing may be under way to.
  void end(T v) { at_.plainstore(toword(v)); }
  void name(const char* text) const { at_.name(text); }

 private:
  template <typename F>
  T change(memory_order o, F f) noexcept {
    return fromword(at_.rmw(o, o, [&](model::word& w) {
      w = toword(f(fromword(w)));
      return true;
    }));
  }
  static model::word toword(T v) noexcept {
    model::word w = 0;
    ::std::memcpy(&w, &v, sizeof v);
    return w;
  }
  static T fromword(model::word w) noexcept {
    T v;
    ::std::memcpy(&v, &w, sizeof v);
    return v;
  }

  model::location at_;
};

inline void atomic_thread_fence(memory_order) noexcept { model::full(); }

}  // namespace std

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
inline constexpr std::memory_order acq_rel = std::memory_order_acq_rel;
inline constexpr std::memory_order seq_cst = std::memory_order_seq_cst;

}  // namespace burrow::rt
