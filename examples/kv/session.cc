// examples/kv/session.cc - see session.h.

#include "examples/kv/session.h"

#include <chrono>
#include <new>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "burrow/go.h"
#include "examples/kv/server.h"

namespace kv {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxRequest = std::size_t{1} << 30;  // bytes, as Redis's
constexpr std::size_t kPiece = std::size_t{1} << 20;       // for one deadline

std::int64_t milliseconds(burrow::time_point t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             t.time_since_epoch())
      .count();
}

}  // namespace

session::session(kv::server& s, burrow::net::conn c, std::uint64_t id)
    : conn_(std::move(c)), client_{.server = s, .db = s.db(), .id = id} {}

void session::tick() {
  now_ = std::chrono::steady_clock::now();
  client_.now = milliseconds(now_);
}

// flush writes what has been gathered; false: the client is gone, or as good as.
// The deadline moves with each piece, but not while more than half of it is left:
// moving it costs as much as a small command.
bool session::flush() {
  std::string_view rest = client_.out.pending();
  const auto timeout = client_.server.bounds().write_timeout;
  while (!rest.empty()) {
    if (deadline_ - now_ < timeout / 2) {
      deadline_ = now_ + timeout;
      conn_.set_write_deadline(deadline_);
    }
    const std::string_view piece = rest.substr(0, kPiece);
    std::error_code ec;
    conn_.write(std::as_bytes(std::span(piece)), ec);
    if (ec) return false;
    rest.remove_prefix(piece.size());
    if (!rest.empty()) tick();
  }
  client_.out.clear();
  return true;
}

// answer runs the requests that are there; false: the session is over.
bool session::answer() {
  using enum request_parser::status;
  std::uint64_t n = 0;
  for (;;) {
    const request_parser::status s = parser_.parse(in_.pending());
    if (s == incomplete) break;
    if (s == bad) {
      client_.out.error("ERR Protocol error: " + std::string(parser_.error()));
      if (flush()) linger();
      return false;
    }
    if (!parser_.argv().empty()) {
      execute(client_, parser_.argv());
      ++n;
    }
    in_.consume(parser_.size());
    if (client_.out.overflow()) return false;
    if (client_.quit) break;
    if (client_.out.pending().size() >= reply::kKept) {
      if (!flush()) return false;
      tick();
    }
  }
  commands_.store(commands() + n, std::memory_order_relaxed);
  return flush() && !client_.quit && in_.pending().size() <= kMaxRequest;
}

// A close with bytes unread resets the connection, and the peer may lose the error
// that it was told: so they are read, for a second at most.
void session::linger() {
  std::error_code ec;
  conn_.close_write(ec);
  if (ec) return;
  conn_.set_read_deadline(std::chrono::steady_clock::now() + 1s);
  do {
    in_.consume(in_.pending().size());
  } while (conn_.read(in_.room(), ec) > 0);
}

void session::run() try {
  for (;;) {
    const std::span<std::byte> room = in_.room();
    std::error_code ec;
    const std::size_t n = conn_.read(room, ec);
    if (ec || n == 0) return;
    in_.filled(n);
    tick();
    if (!answer()) return;
    if (n == room.size()) burrow::yield();  // it may go on for ever
  }
} catch (const std::bad_alloc&) {
  // This client wants too much; the others go on.
} catch (const std::system_error&) {
  // A deadline could not be set: cut has come between.
}

void session::hurry() noexcept try {
  conn_.set_read_deadline(std::chrono::steady_clock::now());
} catch (const std::system_error&) {
  // It has ended already.
}

void session::cut() noexcept {
  std::error_code ignored;
  conn_.close(ignored);
}

}  // namespace kv
