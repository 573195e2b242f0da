// runtime/os/libc_darwin.cc - libc.h by libSystem and dyld.
//
// No call makes a descriptor that is closed on exec from the beginning: a fork of
// another's, of a program that does not know burrow, may hand it down.
#include <fcntl.h>
#include <mach-o/dyld.h>
#include <mach-o/loader.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "runtime/os/libc.h"

namespace burrow::rt {

namespace {

// measure finds the bounds of an image's code. Its other segments may be far from that,
// with those of all other libraries of the system in between.
void measure(loadedobject& o, const mach_header_64* head) noexcept {
  const auto* at = reinterpret_cast<const char*>(head + 1);
  for (std::uint32_t i = 0; i < head->ncmds; i++) {
    load_command c;
    std::memcpy(&c, at, sizeof c);
    if (c.cmd == LC_SEGMENT_64) {
      segment_command_64 s;
      std::memcpy(&s, at, sizeof s);
      if ((s.initprot & VM_PROT_EXECUTE) != 0) {
        o.low = std::min<std::uintptr_t>(o.low, o.bias + s.vmaddr);
        o.high = std::max<std::uintptr_t>(o.high, o.bias + s.vmaddr + s.vmsize);
      }
    }
    at += c.cmdsize;
  }
}

void closeonexec(int fd) noexcept { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

}  // namespace

void eachobject(bool (*fn)(const loadedobject&, void* arg),
                void* arg) noexcept {
  const std::uint32_t n = _dyld_image_count();
  for (std::uint32_t i = 0; i < n; i++) {
    const mach_header* head = _dyld_get_image_header(i);
    if (head == nullptr || head->magic != MH_MAGIC_64) continue;
    const char* name = _dyld_get_image_name(i);
    loadedobject o{name != nullptr ? name : "",
                   head->filetype == MH_EXECUTE,
                   static_cast<std::uintptr_t>(_dyld_get_image_vmaddr_slide(i)),
                   ~std::uintptr_t{0},
                   0,
                   0};
    measure(o, reinterpret_cast<const mach_header_64*>(head));
    if (!fn(o, arg)) return;
  }
}

std::uint64_t loadedmodules() noexcept {
  std::uint64_t sum = 0;
  const std::uint32_t n = _dyld_image_count();
  for (std::uint32_t i = 0; i < n; i++)
    sum =
        sum * 31 + reinterpret_cast<std::uintptr_t>(_dyld_get_image_header(i));
  return sum;
}

const char* programpath(char* path, std::size_t bytes) noexcept {
  auto room = static_cast<std::uint32_t>(bytes);
  if (_NSGetExecutablePath(path, &room) != 0) path[0] = 0;
  return path;
}

void threadstack(void** lo, void** hi) noexcept {
  const pthread_t self = pthread_self();
  *hi = pthread_get_stackaddr_np(self);  // the upper end
  *lo = static_cast<char*>(*hi) - pthread_get_stacksize_np(self);
}

int newsocket(int family, int type) noexcept {
  const int fd = ::socket(family, type, 0);
  if (fd < 0) return fd;
  closeonexec(fd);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

int newpipe(int* ends, bool blocks) noexcept {
  if (::pipe(ends) != 0) return -1;
  for (int i = 0; i < 2; i++) {
    closeonexec(ends[i]);
    if (!blocks) ::fcntl(ends[i], F_SETFL, O_NONBLOCK);
  }
  return 0;
}

int socketfamily(int fd) noexcept {
  sockaddr_storage a{};
  socklen_t len = sizeof a;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &len) != 0) return -1;
  return a.ss_family;
}

void keepalive(int fd, int seconds, int times) noexcept {
  constexpr int kOn = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &kOn, sizeof kOn);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPALIVE, &seconds, sizeof seconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

}  // namespace burrow::rt
