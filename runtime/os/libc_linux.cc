// runtime/os/libc_linux.cc - libc.h by glibc or musl.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/os/libc.h"
#include "runtime/os/libc_elf.h"

namespace burrow::rt {

namespace {

struct visit {
  bool (*fn)(const loadedobject&, void*);
  void* arg;
};

// The program has no name here.
int visitone(dl_phdr_info* info, std::size_t, void* arg) {
  const char* name = info->dlpi_name != nullptr ? info->dlpi_name : "";
  const loadedobject o = elfobject(*info, name, *name == 0);
  const auto& v = *static_cast<const visit*>(arg);
  return v.fn(o, v.arg) ? 0 : 1;
}

}  // namespace

void eachobject(bool (*fn)(const loadedobject&, void* arg),
                void* arg) noexcept {
  visit v{fn, arg};
  dl_iterate_phdr(visitone, &v);
}

bool objectat([[maybe_unused]] std::uintptr_t pc,
              [[maybe_unused]] const char** name,
              [[maybe_unused]] std::uintptr_t* bias) noexcept {
#if defined(DLFO_STRUCT_HAS_EH_DBASE)
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void*>(pc), &found) == 0) {
    const link_map* map = found.dlfo_link_map;
    *name = map->l_name;
    *bias = map->l_addr;
    return true;
  }
#endif
  return false;
}

std::uint64_t loadedmodules() noexcept {
  std::uint64_t count = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        // Both only ever grow, so the sum changes with each of them.
        *static_cast<std::uint64_t*>(out) = info->dlpi_adds + info->dlpi_subs;
        return 1;
      },
      &count);
  return count;
}

const char* programpath(char* path, std::size_t bytes) noexcept {
  const ssize_t n = readlink("/proc/self/exe", path, bytes - 1);
  path[n > 0 ? n : 0] = 0;
  return "/proc/self/exe";
}

void threadstack(void** lo, void** hi) noexcept {
  *lo = *hi = nullptr;
  pthread_attr_t attr;
  if (pthread_getattr_np(pthread_self(), &attr) != 0) return;
  void* at = nullptr;
  std::size_t bytes = 0;
  if (pthread_attr_getstack(&attr, &at, &bytes) == 0) {
    *lo = at;
    *hi = static_cast<char*>(at) + bytes;
  }
  pthread_attr_destroy(&attr);
}

void takepending(int sig) noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, sig);
  const timespec now{};
  sigtimedwait(&set, nullptr, &now);
}

void widenpipe(int fd, int bytes) noexcept { ::fcntl(fd, F_SETPIPE_SZ, bytes); }

void keepalive(int fd, int seconds, int times) noexcept {
  constexpr int kOn = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &kOn, sizeof kOn);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

}  // namespace burrow::rt
