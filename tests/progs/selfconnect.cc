// tests/progs/selfconnect.cc - dials a port that nobody listens on, and that the
// system gives to clients: it may connect a socket to itself.
//
// In a network of its own, in which clients have two ports. Exits with 77 where
// there is no such network to be had; prints how many dials were refused, and how
// many were not.

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string_view>

#include "burrow/burrow.h"

namespace {

bool writefile(const char* path, std::string_view text) {
  const int n = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool ok = n >= 0 && ::write(n, text.data(), text.size()) ==
                                static_cast<ssize_t>(text.size());
  if (n >= 0) ::close(n);
  return ok;
}

bool ownnetwork() {
  if (::unshare(CLONE_NEWNET) != 0 &&
      ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
    return false;
  const int s = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq lo{};
  std::strcpy(lo.ifr_name, "lo");
  lo.ifr_flags = IFF_UP;
  const bool up = s >= 0 && ::ioctl(s, SIOCSIFFLAGS, &lo) == 0;
  if (s >= 0) ::close(s);
  return up &&
         writefile("/proc/sys/net/ipv4/ip_local_port_range", "40000 40001");
}

}  // namespace

int main() {
  if (!ownnetwork()) return 77;
  return burrow::run([] {
    int refused = 0, others = 0;
    for (int i = 0; i < 50; i++)
      for (const char* where : {"127.0.0.1:40000", "127.0.0.1:40001"}) {
        std::error_code ec;
        burrow::net::dial("tcp", where, ec);
        (ec == std::errc::connection_refused ? refused : others)++;
      }
    std::printf("refused %d others %d\n", refused, others);
  });
}
