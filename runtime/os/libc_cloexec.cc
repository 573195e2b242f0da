// runtime/os/libc_cloexec.cc - libc.h's descriptors, where they can be closed on exec
// from their birth: Linux, OpenBSD.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/os/libc.h"

namespace burrow::rt {

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

}  // namespace burrow::rt
