// burrow/preempt.h - where a goroutine must not be switched out.
#pragma once

namespace burrow {

namespace rt {
struct g;
}

// no_preempt keeps the calling goroutine from being switched out at a safepoint
// while it exists; they nest. It matters to code that is compiled with safepoints
// (docs/hazards.md), around a lock that knows its owner's thread, or a call
// that such code is called back from. What blocks a goroutine still does.
//
//   burrow::no_preempt here;
//   std::lock_guard hold(std_mutex);
//   for (auto& e : table) e.age++;
//
// Context  any; it belongs to the goroutine that made it.
class [[nodiscard]] no_preempt {
 public:
  no_preempt() noexcept;
  ~no_preempt();
  no_preempt(const no_preempt&) = delete;
  no_preempt& operator=(const no_preempt&) = delete;

 private:
  rt::g* gp_;
};

}  // namespace burrow
