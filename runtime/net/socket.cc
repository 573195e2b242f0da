// runtime/net/socket.cc - what listening, dialling and datagrams share; conn.

#include "runtime/net/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "burrow/error.h"
#include "runtime/os/libc.h"

namespace burrow::net {

namespace {

class resolver final : public std::error_category {
 public:
  const char* name() const noexcept override { return "resolver"; }
  std::string message(int value) const override {
    return ::gai_strerror(value);
  }
};

// An IPv4 address that came over an IPv6 socket is an IPv4 address.
sockaddr_any plain(const sockaddr_any& a) noexcept {
  if (a.family() != AF_INET6) return a;
  const auto& six = *reinterpret_cast<const sockaddr_in6*>(&a.room);
  if (!IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) return a;
  sockaddr_any b;
  auto& four = *reinterpret_cast<sockaddr_in*>(&b.room);
  four.sin_family = AF_INET;
  four.sin_port = six.sin6_port;
  std::memcpy(&four.sin_addr, &six.sin6_addr.s6_addr[12], 4);
  b.len = sizeof four;
  return b;
}

}  // namespace

const std::error_category& resolver_category() noexcept {
  // Never destroyed: error codes are compared by static destructors, too.
  static const resolver& instance = *new resolver;
  return instance;
}

rawsocket::rawsocket(int family, int type) noexcept
    : n_(rt::newsocket(family, type)) {}

rawsocket::~rawsocket() {
  if (n_ >= 0) ::close(n_);
}

void rawsocket::set(int level, int option, int value) const noexcept {
  ::setsockopt(n_, level, option, &value, sizeof value);
}

fd rawsocket::take(bool stream) {
  return rt::makefd(std::exchange(n_, -1), rt::ioway::socket, stream);
}

void settcp(const rawsocket& s) noexcept {
  s.set(IPPROTO_TCP, TCP_NODELAY, 1);
  rt::keepalive(s.get(), 15, 9);
}

address addressof_(const fd& f, int (*ask)(int, sockaddr*, socklen_t*)) {
  sockaddr_any a;
  const int n = f.get();
  return n >= 0 && a.of(n, ask) ? address(a) : address();
}

std::error_code lasterror() noexcept { return {errno, std::system_category()}; }

std::error_code unknownnetwork() noexcept {
  return std::make_error_code(std::errc::protocol_not_supported);
}

void check(const std::error_code& ec, const char* op, std::string_view network,
           std::string_view address) {
  if (!ec) return;
  std::string what = op;
  for (std::string_view part : {network, address})
    if (!part.empty()) what.append(" ").append(part);
  throw std::system_error(ec, what);
}

struct address::shared {
  explicit shared(const sockaddr_any& a) : raw(plain(a)), text(textof(raw)) {}
  sockaddr_any raw;
  std::string text;
};

address::address(const sockaddr_any& a)
    : shared_(std::make_shared<const shared>(a)) {}

std::string_view address::text() const noexcept {
  return shared_ ? std::string_view(shared_->text) : std::string_view();
}

int address::port() const noexcept {
  return shared_ ? portof(shared_->raw) : 0;
}

const sockaddr_any* address::raw() const noexcept {
  return shared_ ? &shared_->raw : nullptr;
}

bool operator==(const address& a, const address& b) noexcept {
  if (a.raw() == nullptr || b.raw() == nullptr) return a.raw() == b.raw();
  return same(*a.raw(), *b.raw());
}

address resolve_address(std::string_view network, std::string_view address,
                        std::error_code& ec) {
  const netkind* kind = kindof(network);
  std::vector<sockaddr_any> found;
  ec = kind != nullptr ? resolve(*kind, address, false, found)
                       : unknownnetwork();
  return ec ? net::address() : net::address(found.front());
}

address resolve_address(std::string_view network, std::string_view address) {
  std::error_code ec;
  net::address a = resolve_address(network, address, ec);
  check(ec, "resolve", network, address);
  return a;
}

void conn::close_write(std::error_code& ec) noexcept {
  const int n = get();
  ec = {};
  if (n < 0)
    ec = make_error_code(errc::closed);
  else if (::shutdown(n, SHUT_WR) != 0)
    ec = lasterror();
}

void conn::close_write() {
  std::error_code ec;
  close_write(ec);
  check(ec, "close write", "", "");
}

address conn::local_address() const { return addressof_(*this, ::getsockname); }

address conn::remote_address() const {
  return addressof_(*this, ::getpeername);
}

}  // namespace burrow::net
