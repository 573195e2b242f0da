// runtime/net/sockaddr.h - socket addresses and their texts.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace burrow::net {

// sockaddr_any is an address of any family that burrow knows.
struct sockaddr_any {
  union {
    sockaddr head;
    sockaddr_storage room;
    sockaddr_un local;
  };
  socklen_t len = 0;

  sockaddr_any() noexcept : room{} {}
  const sockaddr* get() const noexcept { return &head; }
  int family() const noexcept { return room.ss_family; }

  // of asks the system (getsockname, getpeername) for that of socket s.
  bool of(int s, int (*ask)(int, sockaddr*, socklen_t*)) noexcept {
    len = sizeof room;
    return ask(s, &head, &len) == 0;
  }
};

// netkind is a network's name, taken apart.
struct netkind {
  std::string_view name;
  int family;  // AF_UNSPEC: either of IPv4 and IPv6
  int type;    // SOCK_STREAM, SOCK_DGRAM
  bool local() const noexcept { return family == AF_UNIX; }
};

// kindof knows tcp, tcp4, tcp6, udp, udp4, udp6, unix, unixgram; null: another.
const netkind* kindof(std::string_view network) noexcept;

// networkname is the name for a socket with that address: "tcp", "udp", "unix"...
std::string_view networkname(int s, const sockaddr_any& a) noexcept;

// textof: "127.0.0.1:80", "[::1]:80", a path, "@name" for an abstract one.
std::string textof(const sockaddr_any& a);
int portof(const sockaddr_any& a) noexcept;
bool same(const sockaddr_any& a, const sockaddr_any& b) noexcept;

// resolve returns what `address` means on a network, in the resolver's order.
// passive: to listen there; no host is any of this machine's then.
//
// Blocks the thread for names; the scheduler knows.
// Returns  the error: std::errc::invalid_argument for a bad text,
//          resolver_category for names that are not found.
std::error_code resolve(const netkind& kind, std::string_view address,
                        bool passive, std::vector<sockaddr_any>& out);

}  // namespace burrow::net
