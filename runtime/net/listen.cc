// runtime/net/listen.cc - listening sockets and accept.
//
// What accepted connections inherit is set on the listener, once: on Linux
// TCP_NODELAY and keep-alive go over to them.

#include <netinet/in.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "burrow/error.h"
#include "runtime/net/socket.h"
#include "sys/io.h"

namespace burrow::net {

namespace {

constexpr int kBacklog = 65'535;  // the system takes what it has (somaxconn)

// All of IPv6 and, for "tcp", of IPv4 as well.
sockaddr_any anyaddress(int port) noexcept {
  sockaddr_any a;
  auto& six = *reinterpret_cast<sockaddr_in6*>(&a.room);
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(static_cast<std::uint16_t>(port));
  a.len = sizeof six;
  return a;
}

std::error_code opened(const netkind& kind, const sockaddr_any& a, fd& out) {
  rawsocket s(a.family(), kind.type);
  if (s.get() < 0) return lasterror();
  const bool datagrams = kind.type == SOCK_DGRAM;
  if (a.family() == AF_INET6)
    s.set(IPPROTO_IPV6, IPV6_V6ONLY, kind.family == AF_INET6 ? 1 : 0);
  if (datagrams && !kind.local()) s.set(SOL_SOCKET, SO_BROADCAST, 1);
  if (!datagrams && !kind.local()) {
    s.set(SOL_SOCKET, SO_REUSEADDR, 1);
    settcp(s);
  }
  if (::bind(s.get(), a.get(), a.len) != 0) return lasterror();
  if (!datagrams && ::listen(s.get(), kBacklog) != 0) return lasterror();
  out = s.take(false);
  return {};
}

// bindto opens a socket at the first address that can be had.
std::error_code bindto(std::string_view network, std::string_view address,
                       int type, fd& out) {
  const netkind* kind = kindof(network);
  if (kind == nullptr || kind->type != type) return unknownnetwork();
  std::vector<sockaddr_any> found;
  if (auto ec = resolve(*kind, address, true, found)) return ec;
  if (kind->family == AF_UNSPEC && address.starts_with(':'))
    found.insert(found.begin(), anyaddress(portof(found.front())));
  std::error_code ec;
  for (const sockaddr_any& a : found)
    if (ec = opened(*kind, a, out); !ec) break;
  return ec;
}

// The peer gave up between its connect and our accept: not our error.
std::int64_t tryaccept(int n, void* family) {
  for (;;) {
    std::uint32_t len = sizeof(sa_family_t);  // of the address no more
    const std::int64_t r = sys::accept(n, family, &len);
    if (r != -ECONNABORTED && r != -EINTR) return r;
  }
}

}  // namespace

listener listen(std::string_view network, std::string_view address,
                std::error_code& ec) {
  listener l;
  ec = bindto(network, address, SOCK_STREAM, conn_access::of(l));
  if (!ec && network == "unix" && !address.starts_with('@'))
    conn_access::path(l) = address;
  return l;
}

listener listen(std::string_view network, std::string_view address) {
  std::error_code ec;
  listener l = listen(network, address, ec);
  check(ec, "listen", network, address);
  return l;
}

packet_conn listen_packet(std::string_view network, std::string_view address,
                          std::error_code& ec) {
  packet_conn c;
  ec = bindto(network, address, SOCK_DGRAM, conn_access::of(c));
  return c;
}

packet_conn listen_packet(std::string_view network, std::string_view address) {
  std::error_code ec;
  packet_conn c = listen_packet(network, address, ec);
  check(ec, "listen", network, address);
  return c;
}

listener& listener::operator=(listener&& other) noexcept {
  if (this != &other) {
    std::error_code ignored;
    close(ignored);
    fd_ = std::move(other.fd_);
    path_ = std::exchange(other.path_, {});
    closing_ = other.closing_;
  }
  return *this;
}

listener::~listener() {
  std::error_code ignored;
  close(ignored);
}

conn listener::accept(std::error_code& ec) {
  rt::descriptor* d = fd_access::of(fd_);
  sa_family_t family = AF_UNSPEC;
  const std::int64_t r =
      d == nullptr ? rt::kIoClosed
                   : rt::descdo(d, rt::polldir::read, tryaccept, &family);
  ec = rt::ioerror(r);
  if (r < 0) return {};
  try {
    // A read of a local socket ends where a descriptor was sent, with more behind.
    return conn_access::connof(
        rt::makefd(static_cast<int>(r), rt::ioway::socket, family != AF_UNIX));
  } catch (const std::system_error& e) {
    ec = e.code();
    return {};
  }
}

conn listener::accept() {
  std::error_code ec;
  conn c = accept(ec);
  if (ec) check(ec, "accept", "", ec == errc::closed ? "" : address().string());
  return c;
}

address listener::address() const { return addressof_(fd_, ::getsockname); }

// The first of those who close removes the path, before accepts end: then the
// listener may be gone, or another listen on the path.
void listener::close(std::error_code& ec) noexcept {
  // relaxed: who comes second looks at nothing that the first has done.
  if (!fd_ ||
      std::atomic_ref(closing_).exchange(true, std::memory_order_relaxed)) {
    ec = make_error_code(errc::closed);
    return;
  }
  if (!path_.empty()) ::unlink(path_.c_str());
  fd_.close(ec);
}

void listener::close() {
  std::error_code ec;
  close(ec);
  check(ec, "close", "", "");
}

}  // namespace burrow::net
