// sys/bsd/file.h - descriptors that do not block and are closed on exec.
#pragma once

#include <cstdint>

#include "sys/bsd/syscall.h"
#include "sys/io.h"

namespace burrow::sys {

// setflags makes fd such a descriptor. Between its creation and this a fork in
// another thread may inherit it: kernels of that age have no better way.
// Returns  fd, or -errno: then it has been closed.
inline std::int64_t setflags(int fd) noexcept {
  constexpr int kSetfd = 2, kGetfl = 3, kSetfl = 4, kFdCloexec = 1;
  std::int64_t r = syscall(kernel::kFcntl, fd, kSetfd, kFdCloexec);
  if (r >= 0) r = syscall(kernel::kFcntl, fd, kGetfl, 0);
  if (r >= 0) r = syscall(kernel::kFcntl, fd, kSetfl, r | kernel::kNonblock);
  if (r >= 0) return fd;
  close(fd);
  return r;
}

// setpipe makes both ends so. Returns  0, or -errno: then both have been closed.
inline std::int64_t setpipe(const int* ends) noexcept {
  if (const std::int64_t r = setflags(ends[0]); r < 0) {
    close(ends[1]);
    return r;
  }
  const std::int64_t r = setflags(ends[1]);
  if (r < 0) close(ends[0]);
  return r < 0 ? r : 0;
}

// pipenowait makes a pipe with two such ends. Returns  0 or -errno.
std::int64_t pipenowait(int* ends) noexcept;

}  // namespace burrow::sys
