// sys/bsd/io.cc - sys/io.h and sys/os.h's write: one system call each.

#include "sys/io.h"

#include <cerrno>

#include "sys/bsd/syscall.h"
#include "sys/os.h"

namespace burrow::sys {

std::int64_t read(int fd, void* to, std::size_t n) noexcept {
  return syscall(kernel::kRead, fd, to, n);
}

std::int64_t write(int fd, const void* from, std::size_t n) noexcept {
  return syscall(kernel::kWrite, fd, from, n);
}

std::int64_t readnowait(int, void*, std::size_t) noexcept { return -ENOSYS; }

std::int64_t writenowait(int, const void*, std::size_t) noexcept {
  return -ENOSYS;
}

std::int64_t recvfrom(int fd, void* to, std::size_t n, void* peer,
                      std::uint32_t* len) noexcept {
  return syscall(kernel::kRecvfrom, fd, to, n, 0, peer, len);
}

std::int64_t sendto(int fd, const void* from, std::size_t n, const void* peer,
                    std::uint32_t len) noexcept {
  return syscall(kernel::kSendto, fd, from, n, 0, peer, len);
}

std::int64_t splice(int, int, std::size_t) noexcept { return -ENOSYS; }

// Darwin's has the socket's side alone, and a position that the caller says.
std::int64_t sendfile(int, int, std::size_t) noexcept { return -ENOSYS; }

std::int64_t copyrange(int, int, std::size_t) noexcept { return -ENOSYS; }

std::int64_t close(int fd) noexcept { return syscall(kernel::kClose, fd); }

std::int64_t syscall6(std::int64_t number, const std::intptr_t* a) noexcept {
  return syscall(static_cast<std::uint32_t>(number), a[0], a[1], a[2], a[3],
                 a[4], a[5]);
}

}  // namespace burrow::sys
