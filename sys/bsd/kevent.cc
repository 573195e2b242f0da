// sys/bsd/kevent.cc - struct kevent as this kernel has it, to and from sys/bsd's own.
#include "sys/bsd/kevent.h"

#include <cerrno>

#include "sys/io.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

constexpr std::size_t kMostBytes = 32;

void put(unsigned char* to, const event& e) noexcept {
  const kernel::keventlayout l = kernel::eventlayout();
  __builtin_memset(to, 0, l.bytes);
  __builtin_memcpy(to, &e.ident, l.identbytes);  // little-endian
  __builtin_memcpy(to + l.filter, &e.filter, 2);
  __builtin_memcpy(to + l.flags, &e.flags, 2);
  __builtin_memcpy(to + l.fflags, &e.fflags, 4);
  __builtin_memcpy(to + l.data, &e.data, l.databytes);
  __builtin_memcpy(to + l.udata, &e.udata, sizeof e.udata);
}

event get(const unsigned char* from) noexcept {
  const kernel::keventlayout l = kernel::eventlayout();
  event e;
  __builtin_memcpy(&e.ident, from, l.identbytes);
  __builtin_memcpy(&e.filter, from + l.filter, 2);
  __builtin_memcpy(&e.flags, from + l.flags, 2);
  __builtin_memcpy(&e.fflags, from + l.fflags, 4);
  if (l.databytes == 8) {
    __builtin_memcpy(&e.data, from + l.data, 8);
  } else {
    std::int32_t narrow;
    __builtin_memcpy(&narrow, from + l.data, 4);
    e.data = narrow;
  }
  __builtin_memcpy(&e.udata, from + l.udata, sizeof e.udata);
  return e;
}

}  // namespace

std::int64_t newkqueue() noexcept {
  constexpr int kSetfd = 2, kFdCloexec = 1;
  const std::int64_t kq = syscall(kernel::kKqueue);
  if (kq < 0) return kq;
  const std::int64_t r = syscall(kernel::kFcntl, kq, kSetfd, kFdCloexec);
  if (r >= 0) return kq;
  close(static_cast<int>(kq));
  return r;
}

std::int64_t keventchange(int kq, const event* e, int n) noexcept {
  alignas(8) unsigned char bytes[2 * kMostBytes];
  for (int i = 0; i < n; i++)
    put(bytes + i * kernel::eventlayout().bytes, e[i]);
  return syscall(kernel::kevent(), kq, bytes, n, nullptr, 0, nullptr);
}

void keventwake(int kq, const event& e) noexcept {
  for (std::int64_t r; (r = keventchange(kq, &e, 1)) < 0;) {
    if (r != -EINTR && r != -ENOMEM) return;
    osyield();
  }
}

std::int64_t keventget(int kq, event* out, std::size_t n,
                       std::int64_t ns) noexcept {
  alignas(8) unsigned char bytes[kKeventMost * kMostBytes];
  const kernel::timespec t(ns < 0 ? 0 : ns);
  const std::int64_t got = syscall(kernel::kevent(), kq, nullptr, 0, bytes, n,
                                   ns < 0 ? nullptr : &t);
  for (std::int64_t i = 0; i < got; i++)
    out[i] = get(bytes + i * kernel::eventlayout().bytes);
  return got;
}

}  // namespace burrow::sys
