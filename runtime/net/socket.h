// runtime/net/socket.h - making sockets, for the files of this folder.
#pragma once

#include "burrow/net.h"
#include "runtime/io/error.h"
#include "runtime/net/sockaddr.h"

namespace burrow::net {

// conn_access makes and opens up the public handles.
struct conn_access {
  static conn connof(fd&& f) noexcept { return conn(std::move(f)); }
  static fd& of(listener& l) noexcept { return l.fd_; }
  static fd& of(packet_conn& c) noexcept { return c.fd_; }
  static std::string& path(listener& l) noexcept { return l.path_; }
};

// rawsocket is a socket that closes itself until it is taken.
class rawsocket {
 public:
  // One that does not block and is closed on exec; get() < 0: -errno.
  rawsocket(int family, int type) noexcept;
  ~rawsocket();
  rawsocket(const rawsocket&) = delete;
  rawsocket& operator=(const rawsocket&) = delete;

  int get() const noexcept { return n_; }
  void set(int level, int option, int value) const noexcept;

  // take makes an fd of it.
  fd take(bool stream);

 private:
  int n_;
};

// settcp: small packets at once; a dead peer is noticed after 15 s and 9 probes.
void settcp(const rawsocket& s) noexcept;

// A file descriptor's own view of where it is, or nothing.
address addressof_(const fd& f, int (*ask)(int, sockaddr*, socklen_t*));

std::error_code lasterror() noexcept;
std::error_code unknownnetwork() noexcept;

// check throws "<op> <network> <address>: <ec>" if there is an error.
void check(const std::error_code& ec, const char* op, std::string_view network,
           std::string_view address);

}  // namespace burrow::net
