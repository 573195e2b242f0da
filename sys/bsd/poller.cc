// sys/bsd/poller.cc - sys/poller.h on kqueue.
//
// A descriptor has two entries, one for each direction, both edge-triggered
// (EV_CLEAR). Where the kernel has events of the program's own (Darwin) one of them
// wakes the one who waits; elsewhere a pipe does, which whoever is woken empties.
//
// A tag has 64 bits. Where an entry keeps less the upper half is in the entry's
// neighbour: never, so far: tags are addresses with a count in bits that 32-bit
// systems do not have. polladd refuses what would be cut.

#include "sys/poller.h"

#include <cerrno>

#include "sys/bsd/file.h"
#include "sys/bsd/kevent.h"
#include "sys/bsd/syscall.h"
#include "sys/io.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

static_assert(kPollBatch <= kKeventMost);
constexpr std::uintptr_t kWakeTag = ~std::uintptr_t{0};

std::uint32_t bitsof(const event& e) noexcept {
  std::uint32_t what = e.filter == kWriteFilter ? kPollWrite : kPollRead;
  if ((e.flags & (kEof | kErrorFlag)) != 0) what |= kPollEnd;
  return what;
}

void drain(int fd) noexcept {
  char bytes[64];
  while (read(fd, bytes, sizeof bytes) > 0) {
  }
}

}  // namespace

std::int64_t pollopen(poller& p, pollkind kind) noexcept {
  if (kind != pollkind::standard) return -ENOSYS;
  const std::int64_t fd = newkqueue();
  if (fd < 0) return fd;
  const auto kq = static_cast<int>(fd);
  int ends[2] = {-1, -1};
  event wake{0, kUserFilter, kAdd | kClear, 0, 0, kWakeTag};
  std::int64_t err = 0;
  if (!kernel::kUserevents) {
    err = pipenowait(ends);
    wake.ident = static_cast<std::uint32_t>(ends[0]);
    wake.filter = kReadFilter;
  }
  if (err >= 0) err = keventchange(kq, &wake, 1);
  if (err < 0) {
    if (ends[0] >= 0) close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
    close(kq);
    return err;
  }
  p = {kq, ends[1], nullptr};
  return 0;
}

std::int64_t polladd(const poller& p, int fd, std::uint64_t tag) noexcept {
  const auto udata = static_cast<std::uintptr_t>(tag);
  if (udata != tag) return -EOVERFLOW;
  const auto ident = static_cast<std::uint32_t>(fd);
  const event both[2] = {{ident, kReadFilter, kAdd | kClear, 0, 0, udata},
                         {ident, kWriteFilter, kAdd | kClear, 0, 0, udata}};
  const std::int64_t err = keventchange(p.fd, both, 2);
  if (err < 0) polldel(p, fd, tag);
  return err;
}

std::int64_t polldel(const poller& p, int fd, std::uint64_t) noexcept {
  const auto ident = static_cast<std::uint32_t>(fd);
  const event in{ident, kReadFilter, kDelete, 0, 0, 0};
  const event out{ident, kWriteFilter, kDelete, 0, 0, 0};
  const std::int64_t err = keventchange(p.fd, &in, 1);
  const std::int64_t err2 = keventchange(p.fd, &out, 1);
  return err < 0 ? err : err2;
}

std::int64_t pollwait(const poller& p, pollready* out,
                      std::int64_t ns) noexcept {
  event events[kPollBatch];
  const std::int64_t n = keventget(p.fd, events, kPollBatch, ns);
  std::int64_t kept = 0;
  for (std::int64_t i = 0; i < n; i++) {
    const event& e = events[i];
    if (e.udata != kWakeTag)
      out[kept++] = {e.udata, bitsof(e)};
    else if (e.filter == kReadFilter)
      drain(static_cast<int>(e.ident));
  }
  return kept;
}

void pollbreak(const poller& p) noexcept {
  if (kernel::kUserevents) {
    const event wake{0, kUserFilter, 0, kTrigger, 0, kWakeTag};
    keventwake(p.fd, wake);
  } else {
    const char one = 1;  // a full pipe wakes as well
    while (write(p.wakefd, &one, sizeof one) == -EINTR) {
    }
  }
}

}  // namespace burrow::sys
