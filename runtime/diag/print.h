// runtime/diag/print.h - how a report reaches stderr.
//
// Every report is written through writeall, by a printer that cuts it into few
// and large writes, by the one thread that holds the report's lock: so two
// reports do not interleave, and no line is broken by another line of ours.
// Nothing here allocates or calls stdio: a report may come from a program
// whose heap is broken or whose memory is exhausted.
//
// Rejected: one string for the whole report and a single write. The first line
// would wait for a symbolised trace, which can itself fail.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace burrow::rt {

// writeall writes n bytes at p to fd. It goes on after EINTR and short
// writes, waits for a non-blocking fd (ten seconds at most), and gives up
// silently where nobody can read: a closed fd, a broken pipe (no SIGPIPE).
// errno is preserved.
//
// Context  any. Blocks the thread as write does.
void writeall(int fd, const char* p, std::size_t n) noexcept;

// printer collects text and hands it on, when its buffer is full, on flush(),
// and at its end: to fd, or to a function.
class printer {
 public:
  using sink = void (*)(void* arg, const char* p, std::size_t n) noexcept;

  explicit printer(int fd) noexcept : fd_(fd) {}
  printer(sink to, void* arg) noexcept : to_(to), arg_(arg) {}
  printer(const printer&) = delete;
  printer& operator=(const printer&) = delete;
  ~printer() { flush(); }

  printer& str(std::string_view text) noexcept;
  // Like str, but every line after the first is indented by a tab: no text of
  // the user's can pass for a line of the report.
  printer& indented(std::string_view text) noexcept;
  printer& dec(std::int64_t value) noexcept;
  printer& udec(std::uint64_t value) noexcept;
  printer& hex(std::uintptr_t value) noexcept;  // with 0x
  void flush() noexcept;

 private:
  int fd_ = -1;
  sink to_ = nullptr;
  void* arg_ = nullptr;
  std::size_t used_ = 0;
  char buf_[1024];
};

// ownedlock is a mutex that tells its holder when it asks again. The holder is
// named by a number of the caller's choice, never 0.
class ownedlock {
 public:
  constexpr ownedlock() noexcept = default;

  // lock blocks the thread until the lock is free. Returns false, at once, if
  // `self` holds it already.
  bool lock(std::uint64_t self) noexcept {
    // A relaxed look is enough: only `self` itself ever stores `self`.
    if (owner_.load(std::memory_order_relaxed) == self) return false;
    mutex_.lock();
    owner_.store(self, std::memory_order_relaxed);
    return true;
  }

  // trylock does not wait. Returns whether the lock is `self`'s now; false also
  // if it was before.
  bool trylock(std::uint64_t self) noexcept {
    if (!mutex_.try_lock()) return false;
    owner_.store(self, std::memory_order_relaxed);
    return true;
  }

  bool heldby(std::uint64_t self) const noexcept {
    return owner_.load(std::memory_order_relaxed) == self;
  }

  void unlock() noexcept {
    owner_.store(0, std::memory_order_relaxed);
    mutex_.unlock();
  }

 private:
  std::mutex mutex_;
  std::atomic<std::uint64_t> owner_{0};
};

// threadid returns the kernel's id of the calling thread.
std::uint64_t threadid() noexcept;

}  // namespace burrow::rt
