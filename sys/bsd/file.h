// sys/bsd/file.h - descriptors that do not block and are closed on exec.
#pragma once

#include <cstdint>

#include "sys/bsd/syscall.h"

namespace burrow::sys {

// setflags makes fd such a descriptor. Between its creation and this a fork in
// another thread may inherit it: kernels of that age have no better way.
// Returns  fd.
inline std::int64_t setflags(int fd) noexcept {
  constexpr int kSetfd = 2, kGetfl = 3, kSetfl = 4, kFdCloexec = 1;
  syscall(kernel::kFcntl, fd, kSetfd, kFdCloexec);
  const std::int64_t flags = syscall(kernel::kFcntl, fd, kGetfl, 0);
  syscall(kernel::kFcntl, fd, kSetfl, flags | kernel::kNonblock);
  return fd;
}

// pipenowait makes a pipe with two such ends. Returns  0 or -errno.
std::int64_t pipenowait(int* ends) noexcept;

}  // namespace burrow::sys
