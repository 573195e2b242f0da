// runtime/diag/bigstack_hosted.cc - bigstack.h by the switch of our own.
#include "runtime/diag/bigstack.h"

#include <cstddef>

#include "asm/switch.h"
#include "sys/os.h"

namespace burrow::rt {
namespace {

constexpr std::size_t kBytes = std::size_t{1} << 20;

char* high = nullptr;  // null: none yet

}  // namespace

void bigstack_restart() noexcept { high = nullptr; }

void on_bigstack(void (*fn)(void*), void* arg) noexcept {
  if (high == nullptr) {
    auto* const low = static_cast<char*>(sys::sysreserve(kBytes));
    if (low == nullptr) return fn(arg);
    sys::sysprotectnone(low, sys::pagesize());  // or it has no guard
    high = low + kBytes;
  }
  // A stack without frames: to an unwinder it ends there.
  const burrow_context bottom{high, nullptr, nullptr, 0, 0};
  burrow_ontop(&bottom, fn, arg);
}

}  // namespace burrow::rt
