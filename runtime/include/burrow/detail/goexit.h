// burrow/detail/goexit.h - the exception by which goexit() unwinds a goroutine.
//
// Only the goroutine's base frame, and code of ours that must see every way out
// of a user's function and rethrows, may catch it. It is no std::exception. A
// user's catch (...) that does not rethrow destroys it on the way: that ends the
// process with a clear message, as pthread_exit does.
#pragma once

namespace burrow::detail {

class goexit_signal {
 public:
  goexit_signal() noexcept = default;
  goexit_signal(const goexit_signal&) = delete;
  goexit_signal& operator=(const goexit_signal&) = delete;
  ~goexit_signal() noexcept;

  // reached says that the unwinding is complete. For the base frame only.
  void reached() noexcept { reached_ = true; }

 private:
  bool reached_ = false;
};

}  // namespace burrow::detail
