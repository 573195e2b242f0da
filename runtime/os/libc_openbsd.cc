// runtime/os/libc_openbsd.cc - libc.h by OpenBSD's libc and ld.so.
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <pthread_np.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "runtime/os/libc.h"

namespace burrow::rt {

namespace {

struct visit {
  bool (*fn)(const loadedobject&, void*);
  void* arg;
  bool first = true;
};

// The program is the first; a static one is alone.
int visitone(dl_phdr_info* info, std::size_t, void* arg) {
  auto& v = *static_cast<visit*>(arg);
  const char* name = info->dlpi_name != nullptr ? info->dlpi_name : "";
  loadedobject o{name, v.first, info->dlpi_addr, ~std::uintptr_t{0}, 0, 0};
  v.first = false;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const Elf_Phdr& s = info->dlpi_phdr[i];
    if (s.p_type == PT_TLS) o.tlsbytes = s.p_memsz + s.p_align;
    if (s.p_type != PT_LOAD) continue;
    const std::uintptr_t at = info->dlpi_addr + s.p_vaddr;
    o.low = std::min<std::uintptr_t>(o.low, at);
    o.high = std::max<std::uintptr_t>(o.high, at + s.p_memsz);
  }
  return v.fn(o, v.arg) ? 0 : 1;
}

}  // namespace

void eachobject(bool (*fn)(const loadedobject&, void* arg),
                void* arg) noexcept {
  visit v{fn, arg};
  dl_iterate_phdr(visitone, &v);
}

bool objectat(std::uintptr_t, const char**, std::uintptr_t*) noexcept {
  return false;
}

// The loader does not count: what is loaded now, and where.
std::uint64_t loadedmodules() noexcept {
  std::uint64_t sum = 0;
  eachobject(
      [](const loadedobject& o, void* out) {
        auto& s = *static_cast<std::uint64_t*>(out);
        s = s * 31 + o.low;
        return true;
      },
      &sum);
  return sum;
}

// No call says it.
const char* programpath(char* path, std::size_t bytes) noexcept {
  strlcpy(path, getprogname(), bytes);
  return path;
}

void threadstack(void** lo, void** hi) noexcept {
  *lo = *hi = nullptr;
  stack_t s;
  if (pthread_stackseg_np(pthread_self(), &s) != 0) return;
  *hi = s.ss_sp;  // the upper end
  *lo = static_cast<char*>(s.ss_sp) - s.ss_size;
}

int newsocket(int family, int type) noexcept {
  return ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int newpipe(int* ends, bool blocks) noexcept {
  return ::pipe2(ends, O_CLOEXEC | (blocks ? 0 : O_NONBLOCK));
}

int socketfamily(int fd) noexcept {
  int value = -1;
  socklen_t len = sizeof value;
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len);
  return value;
}

void takepending(int sig) noexcept {
  sigset_t set;
  sigpending(&set);
  if (sigismember(&set, sig) != 1) return;
  sigemptyset(&set);
  sigaddset(&set, sig);
  sigwait(&set, &sig);
}

void widenpipe(int, int) noexcept {}

// When it asks is the system's choice (net.inet.tcp.keepidle).
void keepalive(int fd, int, int) noexcept {
  constexpr int kOn = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &kOn, sizeof kOn);
}

}  // namespace burrow::rt
