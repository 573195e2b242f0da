// examples/httpd/server.cc - see server.h.

#include "examples/httpd/server.h"

#include <cstdio>
#include <exception>
#include <mutex>

#include "examples/accept.h"
#include "examples/httpd/socket_stream.h"

namespace httpd {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

server::server(burrow::net::listener l, const limits& lim, int folder)
    : listener_(std::move(l)),
      limits_(lim),
      slots_(static_cast<std::ptrdiff_t>(lim.connections)) {
  site_.folder = folder;
  site_.count = [this] { return count(); };
}

void server::accept_all(const burrow::context& ctx) {
  examples::backoff b("httpd");
  // At the limit new connections wait in the system's queue.
  while (!slots_.acquire(1, ctx)) {
    std::error_code ec;
    burrow::net::conn c = listener_.accept(ec);
    if (ec == burrow::errc::closed) return slots_.release(1);
    if (!ec) {
      b.over();
      try {
        start(std::move(c));
        continue;
      } catch (const std::exception&) {  // no memory: as no descriptor
        ec = std::make_error_code(std::errc::not_enough_memory);
      }
    }
    slots_.release(1);
    burrow::select(burrow::recv(ctx.done()),
                   burrow::recv(burrow::after(b.failed(ec))));
  }
}

void server::start(burrow::net::conn c) {
  {
    const std::lock_guard hold(lock_);
    ++gone_.accepted;
  }
  goroutines_.go(
      [this, c = std::move(c)]() mutable { serve_one(std::move(c)); });
}

// One connection's trouble is nobody else's.
void server::serve_one(burrow::net::conn c) noexcept {
  try {
    client me(*this, std::move(c));
    socket_stream s(me.socket, limits_, stopping_);
    connection(s, site_, limits_, me.count).serve();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "httpd: a connection: %s\n", e.what());
  }
  slots_.release(1);
}

server::client::client(server& all, burrow::net::conn c)
    : socket(std::move(c)), all_(all) {
  const std::lock_guard hold(all_.lock_);
  at_ = all_.clients_.insert(all_.clients_.end(), this);
  std::error_code ec;
  if (all_.cut_) socket.close(ec);
}

server::client::~client() {
  const std::lock_guard hold(all_.lock_);
  all_.gone_.requests += count.requests.load(kRelaxed);
  all_.gone_.bytes_out += count.bytes_out.load(kRelaxed);
  all_.clients_.erase(at_);
}

traffic server::count() {
  const std::lock_guard hold(lock_);
  traffic t = gone_;
  t.open = clients_.size();
  for (const client* c : clients_) {
    t.requests += c->count.requests.load(kRelaxed);
    t.bytes_out += c->count.bytes_out.load(kRelaxed);
  }
  return t;
}

void server::drain() {
  auto all_gone = burrow::make_chan<burrow::unit>();
  burrow::go([this, all_gone] {
    goroutines_.wait();
    all_gone.close();
  });
  {
    const std::lock_guard hold(lock_);
    for (client* c : clients_) socket_stream::poke(c->socket);
  }
  burrow::select(burrow::recv(all_gone),
                 burrow::recv(burrow::after(limits_.shutdown), [this] {
                   const std::lock_guard hold(lock_);
                   cut_ = true;
                   std::fprintf(stderr, "httpd: %zu connections cut\n",
                                clients_.size());
                   std::error_code ec;
                   for (client* c : clients_) c->socket.close(ec);
                 }));
  all_gone.recv();
}

void server::run(const burrow::context& ctx) {
  burrow::wait_group acceptor;
  acceptor.go([&] { accept_all(ctx); });
  ctx.done().recv();
  // Before the poke: socket_stream.h says why that is the order.
  stopping_.store(true, std::memory_order_release);
  listener_.close();
  acceptor.wait();
  drain();
}

}  // namespace httpd
