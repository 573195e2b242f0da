// runtime/signal/isolate.cc - see isolate.h.
//
// Whether a child is stuck is seen by what it counts and by the time for which it
// has run: one that waits for a lock does neither. A write to a pipe that nobody
// reads is no such wait: that is the reader's to end.
#include "runtime/signal/isolate.h"

#include <csignal>
#include <cstdint>

#include "runtime/diag/progress.h"
#include "sys/os.h"
#include "sys/sig.h"

namespace burrow::rt {

namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kIdle = 2000 * kMs, kVain = 10'000 * kMs;
constexpr std::uint32_t kPollUs = 1000;
// Of the time between two looks no more counts: the machine may have slept.
constexpr std::int64_t kLook = 20 * kMs;

bool inchild = false;

// What the child tells, in memory of both.
struct told {
  progress seen;
  std::atomic<std::uint32_t> stage{0};
};
told* shared = nullptr;

// patience measures how long the child has done nothing.
class patience {
 public:
  explicit patience(std::int64_t pid) noexcept : pid_(pid) {}

  bool over() noexcept {
    const std::int64_t now = sys::nanotime();
    const std::int64_t past = now - last_ < kLook ? now - last_ : kLook;
    last_ = now;
    idle_ += past;
    vain_ += past;
    if (const std::int64_t ran = sys::cputime(pid_); ran > ran_ + kMs) {
      ran_ = ran;
      idle_ = 0;
    }
    if (const std::uint32_t steps = shared->seen.steps.load(relaxed);
        steps != steps_ || shared->seen.writing.load(relaxed) != 0) {
      steps_ = steps;
      idle_ = vain_ = 0;
    }
    return idle_ > kIdle || vain_ > kVain;
  }

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;
  std::int64_t pid_;
  std::int64_t last_ = sys::nanotime();
  std::int64_t idle_ = 0, vain_ = 0;
  std::int64_t ran_ = 0;
  std::uint32_t steps_ = 0;
};

// Returns whether the child has ended by itself, and well.
bool await(std::int64_t pid) noexcept {
  patience waiting(pid);
  for (int status = 0;;) {
    const std::int64_t r = sys::reap(pid, &status);
    if (r == 1) return status == 0;
    if (r < 0) return false;
    if (waiting.over()) sys::kill(pid, SIGKILL);
    sys::usleep(kPollUs);
  }
}

}  // namespace

bool isolated() noexcept { return inchild; }

void isolate_reached(std::uint32_t stage) noexcept {
  // Relaxed: who reads it has waited for the child's end.
  shared->stage.store(stage, std::memory_order_relaxed);
}

isolation isolate(void (*fn)(void*) noexcept, void* arg,
                  std::uint32_t& stage) noexcept {
  stage = 0;
  if (shared == nullptr)
    shared = static_cast<told*>(sys::sysshared(sizeof(told)));  // zeroed
  if (shared == nullptr) return isolation::none;
  shared->stage.store(0, std::memory_order_relaxed);
  shared->seen.writing.store(0, std::memory_order_relaxed);
  const std::int64_t pid = sys::forkraw();
  if (pid < 0) return isolation::none;
  if (pid == 0) {
    inchild = true;
    watched.store(&shared->seen, std::memory_order_relaxed);
    fn(arg);
    sys::exitprocess(0);
  }
  const bool well = await(pid);
  stage = shared->stage.load(std::memory_order_relaxed);
  return well ? isolation::done : isolation::failed;
}

}  // namespace burrow::rt
