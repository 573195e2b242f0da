// sys/linux/siginfo.cc - what a handler's siginfo holds.
//
// By offsets, which the kernel's interface fixes for ever.
#include "sys/field.h"
#include "sys/sig.h"

namespace burrow::sys {

namespace {

constexpr std::size_t kCode = 8;
constexpr std::size_t kAddr = sizeof(void*) == 8 ? 16 : 12;
constexpr int kSiUser = 0, kSiTkill = -6;

}  // namespace

int siginfo_code(const void* info) noexcept {
  return load<std::int32_t>(info, kCode);
}

bool siginfo_fromuser(const void* info) noexcept {
  return siginfo_code(info) <= kSiUser;  // the kernel's own are positive
}

bool siginfo_tothread(const void* info) noexcept {
  return siginfo_code(info) == kSiTkill;
}

std::uintptr_t siginfo_addr(const void* info) noexcept {
  return word(info, kAddr);
}

}  // namespace burrow::sys
