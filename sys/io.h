// sys/io.h - reading and writing descriptors: the calls of the hot paths.
//
// Everything returns >= 0 or -errno, and blocks as the descriptor does.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burrow::sys {

std::int64_t read(int fd, void* to, std::size_t n) noexcept;
// write is in sys/os.h.

// readnowait and writenowait do not block whatever the descriptor's flags, which
// others may share, say.
// Errors  -EAGAIN it would have blocked. -EOPNOTSUPP, -ENOSYS not for this kind
//         of descriptor, or this kernel.
std::int64_t readnowait(int fd, void* to, std::size_t n) noexcept;
std::int64_t writenowait(int fd, const void* from, std::size_t n) noexcept;

// accept takes a connection; the new descriptor does not block, and is closed on
// exec. peer has room for *len bytes.
std::int64_t accept(int fd, void* peer, std::uint32_t* len) noexcept;

std::int64_t recvfrom(int fd, void* to, std::size_t n, void* peer,
                      std::uint32_t* len) noexcept;
std::int64_t sendto(int fd, const void* from, std::size_t n, const void* peer,
                    std::uint32_t len) noexcept;

// splice, sendfile and copyrange move up to n bytes from a descriptor to another,
// each at its own position, past user space; 0: the end of `from`. splice: one of
// the two is a pipe, and pipes do not block, whatever their flags. sendfile: from
// a file. copyrange: between files.
// Errors  -EAGAIN one of the two would have blocked. -EINVAL, -ENOSYS, -EXDEV,
//         -EOPNOTSUPP, -EPERM, -EBADF, -EIO perhaps for want of a way only.
std::int64_t splice(int from, int to, std::size_t n) noexcept;
std::int64_t sendfile(int from, int to, std::size_t n) noexcept;
std::int64_t copyrange(int from, int to, std::size_t n) noexcept;

// close gives the number back, also when it reports an error.
std::int64_t close(int fd) noexcept;

// syscall6 is any system call.
std::int64_t syscall6(std::int64_t number, const std::intptr_t* args) noexcept;

}  // namespace burrow::sys
