// examples/httpd/server.h - the socket, the connections, and their end.
//
// A goroutine accepts; each connection is a goroutine. Once that has begun it stands in
// a list, for who stops them or counts. Stopping: no new connections; those that
// rest end, those with a request on its way end after it; what is left when the
// time is up is closed, and what begins then.
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
  // A connection. It lives on the stack of its goroutine: what each request touches
  // is brought into the cache with that.
  class client {
   public:
    client(server& all, burrow::net::conn c);
    ~client();
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    burrow::net::conn socket;
    counters count;

   private:
    server& all_;
    std::list<client*>::iterator at_;
  };

  void accept_all(const burrow::context& ctx);
  void start(burrow::net::conn c);
  void serve_one(burrow::net::conn c) noexcept;
  void drain();
  traffic count();

  burrow::net::listener listener_;
  const limits limits_;
  site site_;
  std::atomic<bool> stopping_{false};
  burrow::semaphore slots_;
  burrow::wait_group goroutines_;

  burrow::mutex lock_;  // of what follows
  std::list<client*> clients_;
  bool cut_ = false;  // the time is up
  traffic gone_;      // of connections that have ended
};

}  // namespace httpd
