// examples/httpd/server.h - the socket, the connections, and their end.
//
// A goroutine accepts; each connection is a goroutine. All connections stand in a
// list, for who stops them or counts. Stopping: no new connections; those that
// rest end, those with a request on its way end after it; what is left when the
// time is up is closed.
#pragma once

#include <atomic>
#include <list>
#include <memory>

#include "burrow/burrow.h"
#include "examples/httpd/connection.h"

namespace httpd {

class server {
 public:
  server(burrow::net::listener l, const limits& lim, int folder);

  // run serves until ctx ends, and then until all connections have ended, or are
  // closed. Blocks.
  void run(const burrow::context& ctx);

 private:
  struct client {
    burrow::net::conn socket;
    counters count;
  };

  void accept_all(const burrow::context& ctx);
  void start(burrow::net::conn c);
  void serve_one(std::list<client>::iterator it) noexcept;
  void leave(std::list<client>::iterator it) noexcept;
  void drain();
  traffic count();

  burrow::net::listener listener_;
  const limits limits_;
  site site_;
  std::atomic<bool> stopping_{false};
  burrow::semaphore slots_;
  burrow::wait_group goroutines_;

  burrow::mutex lock_;  // of what follows
  std::list<client> clients_;
  traffic gone_;  // of connections that have ended
};

}  // namespace httpd
