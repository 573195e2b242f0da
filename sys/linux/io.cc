// sys/linux/io.cc - sys/io.h: one system call each.

#include "sys/io.h"

#include "sys/linux/syscall.h"

namespace burrow::sys {

namespace {

constexpr int kNowait = 8;  // RWF_NOWAIT
constexpr int kNonblock = 04000, kCloexec = 02000000;
constexpr std::int64_t kAtPosition = -1;  // the file's own
constexpr int kSpliceNonblock = 2;

struct iovec {
  const void* base;
  std::size_t n;
};

}  // namespace

std::int64_t read(int fd, void* to, std::size_t n) noexcept {
  return syscall(nr::read, fd, to, n);
}

std::int64_t readnowait(int fd, void* to, std::size_t n) noexcept {
  const iovec v{to, n};
  return syscall(nr::preadv2, fd, &v, 1, kAtPosition, kAtPosition, kNowait);
}

std::int64_t writenowait(int fd, const void* from, std::size_t n) noexcept {
  const iovec v{from, n};
  return syscall(nr::pwritev2, fd, &v, 1, kAtPosition, kAtPosition, kNowait);
}

std::int64_t accept(int fd, void* peer, std::uint32_t* len) noexcept {
  return syscall(nr::accept4, fd, peer, len, kNonblock | kCloexec);
}

std::int64_t recvfrom(int fd, void* to, std::size_t n, void* peer,
                      std::uint32_t* len) noexcept {
  return syscall(nr::recvfrom, fd, to, n, 0, peer, len);
}

std::int64_t sendto(int fd, const void* from, std::size_t n, const void* peer,
                    std::uint32_t len) noexcept {
  return syscall(nr::sendto, fd, from, n, 0, peer, len);
}

std::int64_t splice(int from, int to, std::size_t n) noexcept {
  return syscall(nr::splice, from, nullptr, to, nullptr, n, kSpliceNonblock);
}

std::int64_t sendfile(int from, int to, std::size_t n) noexcept {
  return syscall(nr::sendfile, to, from, nullptr, n);
}

std::int64_t copyrange(int from, int to, std::size_t n) noexcept {
  return syscall(nr::copy_file_range, from, nullptr, to, nullptr, n, 0);
}

std::int64_t close(int fd) noexcept { return syscall(nr::close, fd); }

std::int64_t syscall6(std::int64_t number, const std::intptr_t* a) noexcept {
  return syscall(static_cast<nr>(number), a[0], a[1], a[2], a[3], a[4], a[5]);
}

}  // namespace burrow::sys
