// tests/abi/sockets.cc - what sys/ does with sockets; the sockets themselves the
// program has from its parent.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/abi/kernel.h"

namespace abibed {

namespace {

// Numbers for 32-bit programs.
enum narrow : std::int64_t { kAccept4 = 364, kSendto = 369, kRecvfrom = 371 };

}  // namespace

void givesockets() {
  constexpr int kPair = 10, kListener = 12, kClient = 13;
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  const int client = socket(AF_UNIX, SOCK_STREAM, 0);
  // Of a family alone: Linux gives it a name.
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  auto* const at = reinterpret_cast<sockaddr*>(&name);
  bind(listener, at, sizeof name.sun_family);
  socklen_t n = sizeof name;
  getsockname(listener, at, &n);
  listen(listener, 5);
  connect(client, at, n);
  // Up, out of each other's way, and down.
  int all[] = {pair[0], pair[1], listener, client};
  constexpr int kUp = 64;
  static_assert(kClient == kPair + 3 && kListener == kPair + 2);
  for (int i = 0; i < 4; i++) dup2(all[i], kUp + i);
  for (int i = 0; i < 4; i++) close(all[i]);
  for (int i = 0; i < 4; i++) {
    dup2(kUp + i, kPair + i);
    close(kUp + i);
  }
}

void takesockets() {
  for (int fd = 10; fd < 14; fd++) close(fd);
}

// Addresses of peers are of another shape than Linux's: none so far.
void kernel::doaccept(thread& t) {
  constexpr std::uint64_t kNonblock = 0x4000, kCloexec = 0x8000;
  std::uint64_t flags = 0;
  if (arg(t, 1) != 0) fail("accept: this kernel lacks addresses");
  if (record(t).name == "accept4") {
    if ((arg(t, 3) & ~(kNonblock | kCloexec)) != 0) fail("accept4: flags");
    if ((arg(t, 3) & kNonblock) != 0) flags |= SOCK_NONBLOCK;
    if ((arg(t, 3) & kCloexec) != 0) flags |= SOCK_CLOEXEC;
  }
  aslinux(t, SYS_accept4, kAccept4, {arg(t, 0), 0, 0, flags});
}

void kernel::dorecvfrom(thread& t) {
  if (arg(t, 3) != 0 || arg(t, 4) != 0) fail("recvfrom: flags or an address");
  aslinux(t, SYS_recvfrom, kRecvfrom, {arg(t, 0), arg(t, 1), arg(t, 2)});
}

void kernel::dosendto(thread& t) {
  if (arg(t, 3) != 0 || arg(t, 4) != 0) fail("sendto: flags or an address");
  aslinux(t, SYS_sendto, kSendto, {arg(t, 0), arg(t, 1), arg(t, 2)});
}

}  // namespace abibed
