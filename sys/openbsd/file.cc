// sys/openbsd/file.cc - descriptors that do not block and are closed on exec.
#include "sys/bsd/file.h"

#include <cerrno>

#include "sys/bsd/syscall.h"
#include "sys/io.h"

namespace burrow::sys {

namespace {

// The socket flags of accept4 differ from those of open.
constexpr int kSockCloexec = 0x8000, kSockNonblock = 0x4000;

}  // namespace

std::int64_t accept(int fd, void* peer, std::uint32_t* len) noexcept {
  if (kernel::release() >= kernel::k57)
    return syscall(kernel::kAccept4, fd, peer, len,
                   kSockCloexec | kSockNonblock);
  const std::int64_t got = syscall(kernel::kAccept, fd, peer, len);
  return got < 0 ? got : setflags(static_cast<int>(got));
}

std::int64_t pipenowait(int* ends) noexcept {
  if (kernel::release() >= kernel::k57)
    return syscall(kernel::kPipe2, ends, kernel::kCloexec | kernel::kNonblock);
  const std::int64_t err = syscall(kernel::kPipe, ends);
  return err < 0 ? err : setpipe(ends);
}

}  // namespace burrow::sys
