// sys/linux/poller.cc - sys/poller.h: which kind it is.
//
// Rejected: a table of functions. The branch is always the same one, and is
// foreseen; a call through memory is not cheaper.

#include "sys/poller.h"

#include "sys/linux/pollkinds.h"

namespace burrow::sys {

std::int64_t pollopen(poller& p, pollkind kind) noexcept {
  return kind == pollkind::uring ? uringopen(p) : epollopen(p);
}

std::int64_t polladd(const poller& p, int fd, std::uint64_t tag) noexcept {
  return p.ring != nullptr ? uringadd(p, fd, tag) : epolladd(p, fd, tag);
}

std::int64_t polldel(const poller& p, int fd, std::uint64_t tag) noexcept {
  return p.ring != nullptr ? uringdel(p, tag) : epolldel(p, fd);
}

std::int64_t pollwait(const poller& p, pollready* out,
                      std::int64_t ns) noexcept {
  return p.ring != nullptr ? uringwait(p, out, ns) : epollwait(p, out, ns);
}

void pollbreak(const poller& p) noexcept {
  if (p.ring != nullptr) return uringbreak(p);
  epollbreak(p);
}

}  // namespace burrow::sys
