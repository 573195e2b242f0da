// runtime/net/dial.cc - connecting.
//
// A connect that does not end at once is watched for writability; then the
// socket says what has come of it. A context that ends moves the deadline into
// the past, which wakes the dialler.

#include <cerrno>

#include "burrow/error.h"
#include "burrow/time.h"
#include "runtime/net/socket.h"

namespace burrow::net {

namespace {

// What has become of a connect; -EAGAIN: nothing yet.
std::int64_t outcome(int s, void*) {
  int err = 0;
  socklen_t len = sizeof err;
  if (::getsockopt(s, SOL_SOCKET, SO_ERROR, &err, &len) != 0) return -errno;
  if (err == EINPROGRESS || err == EALREADY || err == EINTR) return -EAGAIN;
  if (err != 0 && err != EISCONN) return -err;
  sockaddr_any peer;
  return peer.of(s, ::getpeername) ? 0 : -EAGAIN;
}

// A unix socket whose listener is busy says EAGAIN, and nothing tells when that
// is over.
std::error_code connectlocal(const rawsocket& s, const sockaddr_any& a,
                             const context& ctx) {
  for (;;) {
    if (::connect(s.get(), a.get(), a.len) == 0) return {};
    if (errno != EAGAIN) return lasterror();
    if (ctx.err()) return ctx.cause();
    sleep_for(std::chrono::milliseconds(1));
  }
}

std::error_code waitconnected(fd& f, const context& ctx) {
  rt::descriptor* d = fd_access::of(f);
  const bool endless = !ctx.done();
  chan<unit> moved;
  after_func_stop undo;
  if (!endless) {
    moved = make_chan<unit>(1);
    undo = after_func(ctx, [d, moved] {
      rt::descdeadline(d, rt::polldir::write, 1);
      moved.close();
    });
  }
  const std::int64_t r = rt::descdo(d, rt::polldir::write, outcome, nullptr);
  if (endless || undo()) return rt::ioerror(r);
  moved.recv();  // f is not to go before it has been touched
  return ctx.cause();
}

std::error_code connected(const netkind& kind, const sockaddr_any& a,
                          const context& ctx, conn& out) {
  rawsocket s(a.family(), kind.type);
  if (s.get() < 0) return lasterror();
  if (kind.local()) {
    if (auto ec = connectlocal(s, a, ctx)) return ec;
    out = conn_access::connof(s.take(false));
    return {};
  }
  if (kind.type == SOCK_STREAM) settcp(s);
  const bool now = ::connect(s.get(), a.get(), a.len) == 0;
  if (!now && errno != EINPROGRESS && errno != EINTR) return lasterror();
  fd f = s.take(kind.type == SOCK_STREAM);
  if (!now)
    if (auto ec = waitconnected(f, ctx)) return ec;
  out = conn_access::connof(std::move(f));
  return {};
}

// Whether s, connected to a, is so to itself. One call tells of nearly all others.
bool toitself(int s, const sockaddr_any& a) noexcept {
  sockaddr_any here, there;
  return here.of(s, ::getsockname) && portof(here) == portof(a) &&
         there.of(s, ::getpeername) && same(here, there);
}

// Where nobody listens on a port of those that the system gives to clients, it may
// give that very port, and the socket is connected to itself. As in Go, twice more
// then; and nobody is there, after that.
std::error_code connectedtoother(const netkind& kind, const sockaddr_any& a,
                                 const context& ctx, conn& out) {
  for (int i = 0; i < 3; i++) {
    if (auto ec = connected(kind, a, ctx, out)) return ec;
    if (kind.local() || kind.type != SOCK_STREAM) return {};
    if (!toitself(out.get(), a)) return {};
    out = {};
  }
  return std::make_error_code(std::errc::connection_refused);
}

}  // namespace

conn dial(const context& ctx, std::string_view network,
          std::string_view address, std::error_code& ec) {
  conn c;
  const netkind* kind = kindof(network);
  std::vector<sockaddr_any> found;
  ec = kind != nullptr ? resolve(*kind, address, false, found)
                       : unknownnetwork();
  if (ec) return c;
  for (const sockaddr_any& a : found) {
    if (ctx.err()) {
      ec = ctx.cause();
      return c;
    }
    if (ec = connectedtoother(*kind, a, ctx, c); !ec) return c;
  }
  return c;
}

conn dial(const context& ctx, std::string_view network,
          std::string_view address) {
  std::error_code ec;
  conn c = dial(ctx, network, address, ec);
  check(ec, "dial", network, address);
  return c;
}

conn dial(std::string_view network, std::string_view address) {
  return dial(background(), network, address);
}

conn dial(std::string_view network, std::string_view address,
          std::error_code& ec) {
  return dial(background(), network, address, ec);
}

}  // namespace burrow::net
