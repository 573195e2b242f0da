// examples/kv/server.cc - see server.h.

#include "examples/kv/server.h"

#include <mutex>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "burrow/error.h"
#include "burrow/select.h"
#include "burrow/time.h"
#include "examples/accept.h"

namespace kv {

namespace {

using namespace std::chrono_literals;
using burrow::net::conn;

void refuse(conn c) {
  constexpr std::string_view kText = "-ERR max number of clients reached\r\n";
  std::error_code ignored;
  c.write(std::as_bytes(std::span(kText)), ignored);
}

}  // namespace

server::server(burrow::net::listener l, limits bounds)
    : listener_(std::move(l)), bounds_(bounds) {}

void server::accept_all() {
  examples::backoff b("kv");
  for (;;) {
    std::error_code ec;
    conn c = listener_.accept(ec);
    if (ec == burrow::errc::closed) return;
    if (ec) {
      burrow::sleep_for(b.failed(ec));
      continue;
    }
    b.over();
    sessions_ended_.go(
        [this, c = std::move(c)]() mutable { attend(std::move(c)); });
  }
}

void server::attend(conn c) {
  std::unique_lock hold(lock_);
  if (stopping_) return;
  const bool full = sessions_.size() >= bounds_.clients;
  if (full) {
    hold.unlock();
    return refuse(std::move(c));
  }
  session s(*this, std::move(c), ++connections_);
  const auto me = sessions_.insert(sessions_.end(), &s);
  hold.unlock();
  s.run();
  hold.lock();
  sessions_.erase(me);
  commands_ += s.commands();
}

void server::sweep() {
  const burrow::ticker t(100ms);
  while (burrow::select(burrow::recv(stopped_), burrow::recv(t.c())) != 0) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    db_.sweep(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  }
}

void server::cut_all() {
  const std::lock_guard hold(lock_);
  for (session* s : sessions_) s->cut();
}

void server::serve() {
  burrow::wait_group others;
  others.go([this] { sweep(); });
  accept_all();
  const burrow::timer impatient =
      burrow::after_func(bounds_.grace, [this] { cut_all(); });
  sessions_ended_.wait();
  impatient.stop();
  others.wait();
}

void server::stop() {
  {
    const std::lock_guard hold(lock_);
    if (stopping_) return;
    stopping_ = true;
    for (session* s : sessions_) s->hurry();
  }
  stopped_.close();
  std::error_code ignored;
  listener_.close(ignored);
}

server::figures server::stats() {
  const std::lock_guard hold(lock_);
  figures f{sessions_.size(), connections_, commands_, 0};
  for (const session* s : sessions_) f.commands += s->commands();
  f.uptime = std::chrono::duration_cast<std::chrono::seconds>(
                 std::chrono::steady_clock::now() - started_)
                 .count();
  return f;
}

}  // namespace kv
