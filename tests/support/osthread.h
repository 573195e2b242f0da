// tests/support/osthread.h - newosproc's threads for tests: run, join.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "runtime/os/osproc.h"
#include "sys/os.h"
#include "tests/support/emulator.h"
#include "tests/support/sanitizer.h"

namespace ostest {

using burrow::testsupport::emulated;
using burrow::testsupport::kSanitizer;
using burrow::testsupport::kTsan;

inline constexpr std::size_t kStack = 256 * 1024;

// An osthread of the tests: runs f, can be joined.
class thread {
 public:
  explicit thread(std::function<void()> f, std::size_t stackbytes = kStack)
      : state_(std::make_shared<state>()) {
    state_->f = std::move(f);
    auto* arg = new std::shared_ptr<state>(state_);
    const std::int64_t err = burrow::rt::newosproc(main, arg, stackbytes);
    if (err == 0) return;
    delete arg;
    throw std::runtime_error("newosproc: " + std::to_string(err));
  }
  ~thread() { join(); }
  thread(thread&&) = default;
  thread(const thread&) = delete;

  // join waits until f has returned.
  void join() {
    if (state_ == nullptr) return;
    while (state_->done.load(std::memory_order_acquire) == 0)
      burrow::sys::futexsleep(&state_->done, 0, -1);
  }

  // joinall waits until the kernel has forgotten the thread.
  void joinall() {
    join();
    while (burrow::sys::tgkill(state_->tid, 0) != -ESRCH)
      burrow::sys::osyield();
  }

 private:
  struct state {
    std::function<void()> f;
    std::int64_t tid = 0;
    std::atomic<std::uint32_t> done{0};
  };

  static void main(void* arg) {
    std::unique_ptr<std::shared_ptr<state>> own(
        static_cast<std::shared_ptr<state>*>(arg));
    state& s = **own;
    s.tid = burrow::sys::gettid();
    s.f();
    s.f = nullptr;
    s.done.store(1, std::memory_order_release);
    burrow::sys::futexwakeup(&s.done, 1);
  }

  std::shared_ptr<state> state_;
};

inline void run(std::function<void()> f) { thread(std::move(f)).joinall(); }

// runall runs f(0) ... f(n - 1), each on a thread of its own, at once.
inline void runall(int n, const std::function<void(int)>& f) {
  std::vector<thread> threads;
  for (int i = 0; i < n; i++) threads.emplace_back([&f, i] { f(i); });
  for (thread& t : threads) t.joinall();
}

// An object of which every thread has one.
struct counted {
  counted() { alive++; }
  ~counted() {
    alive--;
    text.clear();
  }
  std::string text = "a text too long for the small string optimisation";
  static inline std::atomic<int> alive{0};
};

inline thread_local int plain = 42;
inline thread_local counted object;

}  // namespace ostest
