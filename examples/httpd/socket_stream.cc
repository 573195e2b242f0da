// examples/httpd/socket_stream.cc - see socket_stream.h.

#include "examples/httpd/socket_stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "burrow/error.h"
#include "burrow/syscalls.h"
#include "examples/httpd/clock.h"

namespace httpd {

namespace {

using namespace std::chrono_literals;

// How long a peer whose last answer is sent may take to go.
constexpr auto kLinger = 2s;
// A file is sent in pieces of this size, each with its own deadline.
constexpr std::uint64_t kFilePiece = 256 << 10;

}  // namespace

// The server stops, and this connection rests: a request that has arrived
// already is answered still.
io socket_stream::last_words(const room_source& room, std::size_t& n) {
  const std::span<char> to = room();
  const ssize_t r = ::recv(conn_.get(), to.data(), to.size(), MSG_DONTWAIT);
  if (r <= 0) return io::end;
  n = static_cast<std::size_t>(r);
  return io::ok;
}

io socket_stream::read(const room_source& room, const patience& p,
                       std::size_t& n) {
  for (;;) {
    if (read_until_ < p.earliest || read_until_ > p.latest) {
      read_until_ = p.latest;
      if (!arm(&burrow::fd::set_read_deadline, read_until_)) return io::broken;
    }
    if (p.idle && stopping()) return last_words(room, n);
    std::error_code ec;
    n = conn_.read([&] { return std::as_writable_bytes(room()); }, ec);
    if (!ec) return n == 0 ? io::end : io::ok;
    if (ec != burrow::errc::deadline_exceeded) return io::broken;
    if (!stopping() || std::chrono::steady_clock::now() >= read_until_)
      return io::timeout;
    read_until_ = {};  // it was a poke
  }
}

// arm is false when the connection has been closed, by who stops the server.
bool socket_stream::arm(void (burrow::fd::*set)(burrow::time_point,
                                                std::error_code&),
                        burrow::time_point when) {
  std::error_code ec;
  (conn_.*set)(when, ec);
  return !ec;
}

bool socket_stream::arm_write() {
  const burrow::time_point now = coarse_now();
  if (write_until_ >= now + limits_.write * 3 / 4) return true;
  write_until_ = now + limits_.write;
  return arm(&burrow::fd::set_write_deadline, write_until_);
}

io socket_stream::write(std::string_view from) {
  if (!arm_write()) return io::broken;
  std::error_code ec;
  conn_.write(std::as_bytes(std::span(from)), ec);
  if (!ec) return io::ok;
  return ec == burrow::errc::deadline_exceeded ? io::timeout : io::broken;
}

io socket_stream::send_file(burrow::fd& file, std::uint64_t offset,
                            std::uint64_t n) {
  if (::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0)
    return io::broken;
  while (n != 0) {
    if (!arm_write()) return io::broken;
    std::error_code ec;
    const std::uint64_t want = std::min(n, kFilePiece);
    if (burrow::copy(conn_, file, want, ec) != want) return io::broken;
    n -= want;
  }
  return io::ok;
}

void socket_stream::linger() {
  std::error_code ec;
  conn_.close_write(ec);
  if (ec || !arm(&burrow::fd::set_read_deadline,
                 std::chrono::steady_clock::now() + kLinger))
    return;
  std::byte room[1024];
  for (std::size_t total = 0; total < kMaxDrain;) {
    const std::size_t n = conn_.read(room, ec);
    if (ec || n == 0) return;
    total += n;
  }
}

bool socket_stream::local() const {
  const std::string peer = conn_.remote_address().string();
  return peer.starts_with("127.") || peer.starts_with("[::1]") ||
         peer.starts_with("[::ffff:127.") || peer.find(':') == peer.npos;
}

void socket_stream::poke(burrow::net::conn& c) noexcept {
  std::error_code closed;  // meanwhile
  c.set_read_deadline(std::chrono::steady_clock::now(), closed);
}

}  // namespace httpd
