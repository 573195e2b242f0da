// runtime/io/error.cc - the texts of errors, and the making of handles.

#include "runtime/io/error.h"

#include <sys/socket.h>

#include "burrow/error.h"
#include "runtime/net/sockaddr.h"
#include "sys/io.h"

namespace burrow::rt {

namespace {

// " tcp 10.0.0.1:5->10.0.0.2:80", as far as that can be known.
std::string endpoints(descriptor* d) {
  if (d == nullptr) return "";
  d->lock.lock();
  const int n = d->closing ? -1 : d->fd;
  d->lock.unlock();
  net::sockaddr_any local, peer;
  if (n < 0 || !local.of(n, ::getsockname)) return "";
  std::string text = " " + std::string(net::networkname(n, local)) + " ";
  text += net::textof(local);
  if (peer.of(n, ::getpeername)) text += "->" + net::textof(peer);
  return text;
}

}  // namespace

std::error_code ioerror(std::int64_t r) noexcept {
  if (r >= 0) return {};
  if (r == kIoClosed) return make_error_code(errc::closed);
  if (r == kIoDeadline) return make_error_code(errc::deadline_exceeded);
  return {static_cast<int>(-r), std::system_category()};
}

void throwio(descriptor* d, const char* op, std::int64_t r) {
  const std::string where = d != nullptr && r != kIoClosed ? endpoints(d) : "";
  throw std::system_error(ioerror(r), op + where);
}

void throwcopy(descriptor* to, descriptor* from, std::int64_t r) {
  std::string what = "copy" + endpoints(from);
  if (const std::string there = endpoints(to); !there.empty())
    what += " to" + there;
  throw std::system_error(ioerror(r), what);
}

fd makefd(int n, ioway way, bool stream) {
  try {
    return fd_access::make(descopen(n, way, stream));
  } catch (...) {
    sys::close(n);
    throw;
  }
}

}  // namespace burrow::rt
