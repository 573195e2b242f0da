// sys/openbsd/signal.cc - masks and dispositions, as this kernel takes them: a mask
// by value, and no function to return by, for the kernel has its own page for that.
#include "sys/bsd/signal.h"

#include "sys/bsd/syscall.h"

namespace burrow::sys {

std::int64_t maskthread(int how, std::uint32_t mask,
                        std::uint32_t* old) noexcept {
  const std::int64_t r = syscall(kernel::kSigprocmask, how, mask);
  if (r < 0) return r;
  *old = static_cast<std::uint32_t>(r);
  return 0;
}

std::int64_t sigactionraw(int sig, const sigdisp* wanted,
                          sigdisp* old) noexcept {
  kernel::sigaction in{}, out{};
  if (wanted != nullptr)
    in = {wanted->handler, static_cast<std::uint32_t>(wanted->mask),
          static_cast<std::int32_t>(wanted->flags)};
  const std::int64_t r =
      syscall(kernel::kSigaction, sig, wanted == nullptr ? nullptr : &in,
              old == nullptr ? nullptr : &out);
  if (r >= 0 && old != nullptr)
    *old = {out.handler, static_cast<std::uint32_t>(out.flags), 0, out.mask};
  return r;
}

}  // namespace burrow::sys
