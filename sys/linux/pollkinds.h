// sys/linux/pollkinds.h - the kinds of poller, for poller.cc, which chooses.
//
// Each has the functions of sys/poller.h, with the same contracts.
#pragma once

#include "sys/poller.h"

namespace burrow::sys {

std::int64_t epollopen(poller& p) noexcept;
std::int64_t epolladd(const poller& p, int fd, std::uint64_t tag) noexcept;
std::int64_t epolldel(const poller& p, int fd) noexcept;
std::int64_t epollwait(const poller& p, pollready* out,
                       std::int64_t ns) noexcept;
void epollbreak(const poller& p) noexcept;

std::int64_t uringopen(poller& p) noexcept;
std::int64_t uringadd(const poller& p, int fd, std::uint64_t tag) noexcept;
std::int64_t uringdel(const poller& p, std::uint64_t tag) noexcept;
std::int64_t uringwait(const poller& p, pollready* out,
                       std::int64_t ns) noexcept;
void uringbreak(const poller& p) noexcept;

}  // namespace burrow::sys
