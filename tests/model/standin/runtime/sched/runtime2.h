// tests/model/standin/runtime/sched/runtime2.h - of m and p, what entry.h,
// claim.cc and askseize.cc touch; and std::atomic, as these find it, modelled.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>

#include "runtime/sched/claimstate.h"
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
  T fetch_or(T v, memory_order o) noexcept {
    return change(o, [v](T w) { return static_cast<T>(w | v); });
  }
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

}  // namespace std

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
inline constexpr std::memory_order acq_rel = std::memory_order_acq_rel;

inline constexpr std::uint32_t kAttnPreempt = 16;

struct p;

// Its thread is in user code with a p, or in the runtime without.
struct m {
  explicit m(int id, p* own = nullptr)
      : inruntime(own == nullptr), pp(own), tid{id} {}

  std::atomic<std::uint32_t> inruntime;
  std::atomic<std::uint32_t> claim{kClaimNone};
  std::atomic<p*> pp;
  std::uint64_t rand = 0;

  struct {
    std::int64_t id;
    std::int64_t load(::std::memory_order) const noexcept { return id; }
  } tid;
  std::atomic<std::uint32_t> sigclaim{0};
};

struct p {
  static constexpr model::word kNobody = 99;

  p(m* who, model::word number) : mp(who), owner(number) {}

  std::atomic<std::uint32_t> attention{0};
  std::atomic<m*> mp;

  // The private fields: one of them stands for all.
  model::location field{0};
  model::ghost uses{0};        // what field has to be
  model::ghost user{kNobody};  // who is in it now
  model::ghost owner;          // whose it is
};

}  // namespace burrow::rt
