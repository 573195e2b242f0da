// burrow/net.h - sockets in goroutine style.
//
//   auto l = burrow::net::listen("tcp", "127.0.0.1:7000");
//   for (;;)
//     burrow::go([c = l.accept()]() mutable {
//       std::byte room[4096];
//       while (std::size_t n = c.read(room)) c.write({room, n});
//     });
//
// Networks are Go's: tcp, tcp4, tcp6, udp, udp4, udp6, unix, unixgram. Addresses
// are "host:port", "[ipv6]:port", ":port"; a path for unix, "@name" for its
// abstract kind.
//
// Errors  std::system_error everywhere, with the operation and the addresses in
//         its text, or an error_code for the overloads that have one:
//         burrow::errc::closed, burrow::errc::deadline_exceeded, the system's, and
//         resolver_category() for names that are not found.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "burrow/context.h"
#include "burrow/fd.h"

namespace burrow::net {

struct sockaddr_any;

// resolver_category has getaddrinfo's errors (EAI_...).
const std::error_category& resolver_category() noexcept;

// address is an endpoint.
class address {
 public:
  address() = default;
  // Burrow's own, as raw is: programs have addresses from the calls below.
  explicit address(const sockaddr_any& a);

  // string is what dial takes: "127.0.0.1:80"; "" if there is none. So dial takes
  // an address, too.
  std::string string() const { return std::string(text()); }
  operator std::string() const { return string(); }
  operator std::string_view() const noexcept { return text(); }

  int port() const noexcept;  // 0: none

  friend bool operator==(const address& a, const address& b) noexcept;

  const sockaddr_any* raw() const noexcept;

 private:
  struct shared;
  std::string_view text() const noexcept;

  std::shared_ptr<const shared> shared_;
};

// conn is a connection: an fd (burrow/fd.h), and what only sockets have. TCP sends
// small packets at once (TCP_NODELAY) and notices a dead peer in the end
// (keep-alive).
class conn : public fd {
 public:
  conn() = default;

  // close_write ends what we send: the peer reads to the end. We still read.
  void close_write();
  void close_write(std::error_code& ec) noexcept;

  // local_address and remote_address are the two ends; none if it is closed.
  address local_address() const;
  address remote_address() const;

 private:
  friend struct conn_access;
  explicit conn(fd&& f) noexcept : fd(std::move(f)) {}
};

// listener takes connections. One that listens on a path removes it when closed.
class listener {
 public:
  listener() = default;
  listener(listener&&) noexcept = default;
  listener& operator=(listener&&) noexcept;
  ~listener();

  // accept waits for the next connection. Any number of goroutines may.
  conn accept();
  conn accept(std::error_code& ec);

  // address is where it listens, with the port that it got; none if it is closed.
  net::address address() const;
  // set_deadline and get as those of fd.
  void set_deadline(time_point when) { fd_.set_deadline(when); }
  void set_deadline(time_point when, std::error_code& ec) {
    fd_.set_deadline(when, ec);
  }
  int get() const noexcept { return fd_.get(); }

  // close makes accepts, now and later, fail with errc::closed. Anybody may, and
  // any number at once: it succeeds for one.
  void close();
  void close(std::error_code& ec) noexcept;

 private:
  friend struct conn_access;
  fd fd_;
  std::string path_;      // to be removed
  bool closing_ = false;  // atomic: somebody closes
};

// packet_conn sends and receives single messages.
class packet_conn {
 public:
  packet_conn() = default;

  struct received {
    std::size_t n = 0;  // bytes; what did not fit is lost
    net::address from;
  };
  // read_from waits for a message, write_to until one can be sent: as a whole.
  received read_from(std::span<std::byte> to);
  received read_from(std::span<std::byte> to, std::error_code& ec);
  std::size_t write_to(std::span<const std::byte> from, const net::address& to);
  std::size_t write_to(std::span<const std::byte> from, const net::address& to,
                       std::error_code& ec);

  // As those of fd and conn.
  net::address local_address() const;
  void set_deadline(time_point when) { fd_.set_deadline(when); }
  void set_deadline(time_point when, std::error_code& ec) {
    fd_.set_deadline(when, ec);
  }
  void set_read_deadline(time_point when) { fd_.set_read_deadline(when); }
  void set_read_deadline(time_point when, std::error_code& ec) {
    fd_.set_read_deadline(when, ec);
  }
  void set_write_deadline(time_point when) { fd_.set_write_deadline(when); }
  void set_write_deadline(time_point when, std::error_code& ec) {
    fd_.set_write_deadline(when, ec);
  }
  int get() const noexcept { return fd_.get(); }
  void close() { fd_.close(); }
  void close(std::error_code& ec) noexcept { fd_.close(ec); }

 private:
  friend struct conn_access;
  fd fd_;
};

// listen opens a listening socket (tcp..., with SO_REUSEADDR, or unix), with the
// system's largest backlog. Port 0 is any free one; "tcp" without a host takes
// IPv4 and IPv6.
listener listen(std::string_view network, std::string_view address);
listener listen(std::string_view network, std::string_view address,
                std::error_code& ec);

// dial connects. A name with several addresses: each in turn, until one answers.
//
// Errors  if ctx ends first, its cause (errc::canceled, errc::deadline_exceeded).
conn dial(std::string_view network, std::string_view address);
conn dial(std::string_view network, std::string_view address,
          std::error_code& ec);
conn dial(const context& ctx, std::string_view network,
          std::string_view address);
conn dial(const context& ctx, std::string_view network,
          std::string_view address, std::error_code& ec);

// listen_packet opens a datagram socket (udp..., unixgram).
packet_conn listen_packet(std::string_view network, std::string_view address);
packet_conn listen_packet(std::string_view network, std::string_view address,
                          std::error_code& ec);

// resolve_address is the first address that the text means on a network.
address resolve_address(std::string_view network, std::string_view address);
address resolve_address(std::string_view network, std::string_view address,
                        std::error_code& ec);

// buffered_reader reads from a conn or fd in pieces that suit the reader. It
// refers to it: the fd must live as long, and nobody else read from it.
//
// With an error that is thrown, what of a line or block had come is lost; the overloads
// with an error_code return it.
class buffered_reader {
 public:
  explicit buffered_reader(fd& from, std::size_t size = 4096);

  // read_line returns the next line without its end (\n or \r\n); nullopt at the
  // end of the stream. A last line without an end is a line.
  std::optional<std::string> read_line();
  std::optional<std::string> read_line(std::error_code& ec);

  // read_until returns up to and with c; what is left at the end of the stream
  // without it; nullopt if nothing is.
  std::optional<std::string> read_until(char c);
  std::optional<std::string> read_until(char c, std::error_code& ec);

  // read_exact returns n bytes. Errors  std::errc::io_error: the stream ended
  // before.
  std::string read_exact(std::size_t n);
  std::string read_exact(std::size_t n, std::error_code& ec);

  // read returns what there is, waiting for the first byte; 0: the end.
  std::size_t read(std::span<std::byte> to);
  std::size_t read(std::span<std::byte> to, std::error_code& ec);

  // limit bounds what read_line and read_until take (default 64 MiB): beyond, their
  // error is std::errc::value_too_large.
  void limit(std::size_t bytes) noexcept { limit_ = bytes; }

 private:
  // Of all: ec null: throw.
  std::size_t ask(std::span<std::byte> to, std::error_code* ec);
  bool fill(std::error_code* ec);
  std::size_t some(std::span<std::byte> to, std::error_code* ec);
  std::optional<std::string> until(char c, std::error_code* ec);
  std::optional<std::string> line(std::error_code* ec);
  std::string exactly(std::size_t n, std::error_code* ec);

  fd* from_;
  std::unique_ptr<std::byte[]> room_;
  std::size_t size_, at_ = 0, end_ = 0;
  std::size_t limit_ = std::size_t{64} << 20;
};

}  // namespace burrow::net
