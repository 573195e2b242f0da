// sys/linux/file.h - reading the small files by which the kernel tells things.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "sys/linux/syscall.h"

namespace burrow::sys {

// infile reads a file front to back. get returns its bytes, then -1; a file that
// cannot be opened or read is an empty one.
class infile {
 public:
  explicit infile(const char* path) noexcept {
    constexpr int kHere = -100, kReadOnlyCloexec = 02000000;
    fd_ = syscall(nr::openat, kHere, path, kReadOnlyCloexec, 0);
  }
  infile(const infile&) = delete;
  infile& operator=(const infile&) = delete;
  ~infile() {
    if (fd_ >= 0) syscall(nr::close, fd_);
  }

  bool ok() const noexcept { return fd_ >= 0; }

  int get() noexcept {
    if (next_ == end_ && !fill()) return -1;
    return buffer_[next_++];
  }

 private:
  bool fill() noexcept {
    if (fd_ < 0) return false;
    std::int64_t n;
    do {
      n = syscall(nr::read, fd_, buffer_, sizeof buffer_);
    } while (n == -EINTR);
    next_ = 0;
    end_ = n > 0 ? static_cast<std::size_t>(n) : 0;
    return n > 0;
  }

  std::int64_t fd_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
  unsigned char buffer_[512];
};

}  // namespace burrow::sys
