// runtime/signal/isolate.cc - see isolate.h.
#include "runtime/signal/isolate.h"

#include <csignal>
#include <cstdint>

#include "sys/os.h"
#include "sys/sig.h"

namespace burrow::rt {

namespace {

constexpr std::int64_t kPatience = 60'000'000'000;
constexpr std::uint32_t kPollUs = 1000;

bool inchild = false;

}  // namespace

bool isolated() noexcept { return inchild; }

bool isolate(void (*fn)(void*) noexcept, void* arg) noexcept {
  const std::int64_t pid = sys::forkraw();
  if (pid < 0) return false;
  if (pid == 0) {
    inchild = true;
    fn(arg);
    sys::exitprocess(0);
  }
  const std::int64_t start = sys::nanotime();
  bool killed = false;
  int status = 0;
  for (;;) {
    const std::int64_t r = sys::reap(pid, &status);
    if (r == 1) return status == 0;
    if (r < 0) return false;
    if (!killed && sys::nanotime() - start > kPatience) {
      killed = true;
      sys::kill(pid, SIGKILL);
    }
    sys::usleep(kPollUs);
  }
}

}  // namespace burrow::rt
