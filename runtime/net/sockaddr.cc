// runtime/net/sockaddr.cc - socket addresses and their texts.
//
// Addresses are Go's: "host:port", "[v6%zone]:port", ":port", a service's name for
// the port; a path for unix, "@name" for the abstract kind. Numbers are read
// without asking anybody; names by getaddrinfo, in a blocking call.

#include "runtime/net/sockaddr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "burrow/net.h"
#include "burrow/syscalls.h"

namespace burrow::net {

namespace {

constexpr std::array kKinds = {
    netkind{"tcp", AF_UNSPEC, SOCK_STREAM},
    netkind{"tcp4", AF_INET, SOCK_STREAM},
    netkind{"tcp6", AF_INET6, SOCK_STREAM},
    netkind{"udp", AF_UNSPEC, SOCK_DGRAM},
    netkind{"udp4", AF_INET, SOCK_DGRAM},
    netkind{"udp6", AF_INET6, SOCK_DGRAM},
    netkind{"unix", AF_UNIX, SOCK_STREAM},
    netkind{"unixgram", AF_UNIX, SOCK_DGRAM},
};

const sockaddr_in& v4(const sockaddr_any& a) noexcept {
  return *reinterpret_cast<const sockaddr_in*>(&a.room);
}
const sockaddr_in6& v6(const sockaddr_any& a) noexcept {
  return *reinterpret_cast<const sockaddr_in6*>(&a.room);
}

std::string text4(const sockaddr_in& a) {
  char room[INET_ADDRSTRLEN];
  ::inet_ntop(AF_INET, &a.sin_addr, room, sizeof room);
  return std::string(room) + ":" + std::to_string(ntohs(a.sin_port));
}

// An IPv4 address that came over an IPv6 socket is shown as such, as Go does.
std::string text6(const sockaddr_in6& a) {
  char room[INET6_ADDRSTRLEN];
  const std::string port = ":" + std::to_string(ntohs(a.sin6_port));
  if (IN6_IS_ADDR_V4MAPPED(&a.sin6_addr)) {
    ::inet_ntop(AF_INET, &a.sin6_addr.s6_addr[12], room, sizeof room);
    return room + port;
  }
  ::inet_ntop(AF_INET6, &a.sin6_addr, room, sizeof room);
  std::string text = room;
  if (char zone[IF_NAMESIZE];
      a.sin6_scope_id != 0 &&
      ::if_indextoname(a.sin6_scope_id, zone) != nullptr)
    text += "%" + std::string(zone);
  return "[" + text + "]" + port;
}

std::string textlocal(const sockaddr_any& a) {
  const auto n =
      static_cast<std::size_t>(a.len) - offsetof(sockaddr_un, sun_path);
  if (a.len <= offsetof(sockaddr_un, sun_path)) return "";  // unnamed
  const char* path = a.local.sun_path;
  if (path[0] == '\0') return "@" + std::string(path + 1, n - 1);
  return std::string(path, ::strnlen(path, n));
}

std::error_code invalid() noexcept {
  return std::make_error_code(std::errc::invalid_argument);
}

std::error_code locally(std::string_view path, sockaddr_any& a) {
  const bool abstract = !path.empty() && path[0] == '@';
  if (path.empty() || path.find('\0') != path.npos) return invalid();
  if (path.size() >= sizeof a.local.sun_path)
    return std::make_error_code(std::errc::filename_too_long);
  a.local.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), a.local.sun_path);
  if (abstract) a.local.sun_path[0] = '\0';
  a.len = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() +
                                 (abstract ? 0 : 1));
  return {};
}

// The resolver takes 99999 for a port.
bool portfits(std::string_view port) noexcept {
  unsigned n = 0;
  const auto [end, err] =
      std::from_chars(port.data(), port.data() + port.size(), n);
  const bool number = end == port.data() + port.size();
  return !number || (err == std::errc{} && n <= 65'535);
}

// "host:port" -> host, port. A colon in the host wants brackets.
bool split(std::string_view text, std::string& host, std::string& port) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return false;
  std::string_view h = text.substr(0, colon);
  port = text.substr(colon + 1);
  if (!h.empty() && h.front() == '[') {
    if (h.back() != ']') return false;
    h = h.substr(1, h.size() - 2);
  } else if (h.find(':') != h.npos) {
    return false;
  }
  host = h;
  return host.find('\0') == host.npos && port.find('\0') == port.npos;
}

}  // namespace

const netkind* kindof(std::string_view network) noexcept {
  const auto* at =
      std::find_if(kKinds.begin(), kKinds.end(),
                   [&](const auto& k) { return k.name == network; });
  return at != kKinds.end() ? at : nullptr;
}

std::string_view networkname(int s, const sockaddr_any& a) noexcept {
  int type = 0;
  socklen_t len = sizeof type;
  ::getsockopt(s, SOL_SOCKET, SO_TYPE, &type, &len);
  if (a.family() == AF_UNIX) return type == SOCK_DGRAM ? "unixgram" : "unix";
  return type == SOCK_DGRAM ? "udp" : "tcp";
}

std::string textof(const sockaddr_any& a) {
  if (a.len == 0) return "";
  if (a.family() == AF_INET) return text4(v4(a));
  if (a.family() == AF_INET6) return text6(v6(a));
  if (a.family() == AF_UNIX) return textlocal(a);
  return "?";
}

int portof(const sockaddr_any& a) noexcept {
  if (a.family() == AF_INET) return ntohs(v4(a).sin_port);
  if (a.family() == AF_INET6) return ntohs(v6(a).sin6_port);
  return 0;
}

bool same(const sockaddr_any& a, const sockaddr_any& b) noexcept {
  return a.len == b.len && std::memcmp(&a.room, &b.room, a.len) == 0;
}

std::error_code resolve(const netkind& kind, std::string_view address,
                        bool passive, std::vector<sockaddr_any>& out) {
  if (kind.local()) {
    sockaddr_any a;
    if (auto ec = locally(address, a)) return ec;
    out.push_back(a);
    return {};
  }
  std::string host, port;
  if (!split(address, host, port) || (!port.empty() && !portfits(port)))
    return invalid();
  addrinfo want{};
  want.ai_family = kind.family;
  want.ai_socktype = kind.type;
  want.ai_flags = (passive ? AI_PASSIVE : 0) | AI_NUMERICHOST;
  const char* h = host.empty() ? nullptr : host.c_str();
  const char* p = port.empty() ? "0" : port.c_str();
  addrinfo* found = nullptr;
  int err = ::getaddrinfo(h, p, &want, &found);
  if (err == EAI_NONAME || err == EAI_SERVICE) {
    want.ai_flags = passive ? AI_PASSIVE : 0;
    err = blocking([&] { return ::getaddrinfo(h, p, &want, &found); });
  }
  if (err == EAI_SYSTEM) return {errno, std::system_category()};
  if (err != 0) return {err, resolver_category()};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(
      found, ::freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    sockaddr_any a;
    std::memcpy(&a.room, at->ai_addr, at->ai_addrlen);
    a.len = at->ai_addrlen;
    out.push_back(a);
  }
  return {};
}

}  // namespace burrow::net
