// runtime/os/libc_openbsd.cc - libc.h by OpenBSD's libc and ld.so.
#include <link.h>
#include <pthread.h>
#include <pthread_np.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "runtime/os/libc.h"
#include "runtime/os/libc_elf.h"

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
  const loadedobject o = elfobject(*info, name, v.first);
  v.first = false;
  return v.fn(o, v.arg) ? 0 : 1;
}

}  // namespace

void eachobject(bool (*fn)(const loadedobject&, void* arg),
                void* arg) noexcept {
  visit v{fn, arg};
  dl_iterate_phdr(visitone, &v);
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

// When it asks is the system's choice (net.inet.tcp.keepidle).
void keepalive(int fd, int, int) noexcept {
  constexpr int kOn = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &kOn, sizeof kOn);
}

}  // namespace burrow::rt
