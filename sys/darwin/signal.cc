// sys/darwin/signal.cc - masks and dispositions, as this kernel takes them.
//
// The mask of one thread has a call of its own (329); the one that POSIX names (48)
// changes every thread's. Beside each handler the kernel wants the function that
// calls it and returns for it: ours does that for anyone's.
#include "sys/bsd/signal.h"

#include "asm/signal.h"
#include "sys/bsd/syscall.h"

namespace burrow::sys {

std::int64_t maskthread(int how, std::uint32_t mask,
                        std::uint32_t* old) noexcept {
  constexpr std::uint32_t kThreadmask = kernel::kBsd + 329;
  return syscall(kThreadmask, how, &mask, old);
}

std::int64_t sigactionraw(int sig, const sigdisp* wanted,
                          sigdisp* old) noexcept {
  kernel::sigaction in{};
  kernel::oldsigaction out{};
  if (wanted != nullptr)
    in = {wanted->handler, reinterpret_cast<std::uintptr_t>(&burrow_sigreturn),
          static_cast<std::uint32_t>(wanted->mask),
          static_cast<std::int32_t>(wanted->flags)};
  const std::int64_t r =
      syscall(kernel::kSigaction, sig, wanted == nullptr ? nullptr : &in,
              old == nullptr ? nullptr : &out);
  if (r >= 0 && old != nullptr)
    *old = {out.handler, static_cast<std::uint32_t>(out.flags), 0, out.mask};
  return r;
}

}  // namespace burrow::sys
