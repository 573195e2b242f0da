// runtime/net/packet.cc - datagrams.

#include <cerrno>

#include "burrow/error.h"
#include "runtime/net/socket.h"
#include "sys/io.h"

namespace burrow::net {

namespace {

struct message {
  void* data;
  std::size_t n;
  sockaddr_any peer;
};

std::int64_t tryreceive(int s, void* arg) {
  auto* m = static_cast<message*>(arg);
  m->peer.len = sizeof m->peer.room;
  return sys::recvfrom(s, m->data, m->n, &m->peer.room, &m->peer.len);
}

std::int64_t trysend(int s, void* arg) {
  const auto* m = static_cast<const message*>(arg);
  return sys::sendto(s, m->data, m->n, m->peer.get(), m->peer.len);
}

std::int64_t transfer(const fd& f, rt::polldir dir,
                      std::int64_t (*op)(int, void*), message& m) {
  rt::descriptor* d = fd_access::of(f);
  return d == nullptr ? rt::kIoClosed : rt::descdo(d, dir, op, &m);
}

}  // namespace

packet_conn::received packet_conn::read_from(std::span<std::byte> to,
                                             std::error_code& ec) {
  message m{to.data(), to.size(), {}};
  const std::int64_t r = transfer(fd_, rt::polldir::read, tryreceive, m);
  ec = rt::ioerror(r);
  if (r < 0) return {};
  return {static_cast<std::size_t>(r), net::address(m.peer)};
}

packet_conn::received packet_conn::read_from(std::span<std::byte> to) {
  std::error_code ec;
  received r = read_from(to, ec);
  if (ec)  // closed: this may be gone
    check(ec, "read from", "",
          ec == errc::closed ? "" : local_address().string());
  return r;
}

std::size_t packet_conn::write_to(std::span<const std::byte> from,
                                  const net::address& to, std::error_code& ec) {
  if (to.raw() == nullptr) {
    ec = std::make_error_code(std::errc::destination_address_required);
    return 0;
  }
  message m{const_cast<std::byte*>(from.data()), from.size(), *to.raw()};
  const std::int64_t r = transfer(fd_, rt::polldir::write, trysend, m);
  ec = rt::ioerror(r);
  return r < 0 ? 0 : static_cast<std::size_t>(r);
}

std::size_t packet_conn::write_to(std::span<const std::byte> from,
                                  const net::address& to) {
  std::error_code ec;
  const std::size_t n = write_to(from, to, ec);
  if (ec) check(ec, "write to", "", to.string());
  return n;
}

address packet_conn::local_address() const {
  return addressof_(fd_, ::getsockname);
}

}  // namespace burrow::net
