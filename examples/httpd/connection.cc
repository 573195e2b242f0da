// examples/httpd/connection.cc - see connection.h.

#include "examples/httpd/connection.h"

#include "examples/httpd/exchange.h"

namespace httpd {

namespace {

// end answers a connection that ends by our will with a last word, if any.
void end(stream& s, writer& out, desk_pointer& desk, int status) {
  if (status != 0) refusal(out, status);
  const bool sent = out.flush();
  desk.reset();
  if (sent) s.linger();
}

// answer is false when the request was the connection's last.
bool answer(stream& s, reader& in, writer& out, const site& here, counters& c) {
  exchange x(in, out, s.stopping());
  handle(x, here, s);
  const bool more = x.finish();
  // Only this goroutine writes them.
  c.requests.store(c.requests.load(std::memory_order_relaxed) + 1,
                   std::memory_order_relaxed);
  c.bytes_out.store(out.sent(), std::memory_order_relaxed);
  in.next();
  return more;
}

}  // namespace

void serve(stream& s, const site& here, const limits& l, counters& c) {
  desk_pointer desk;
  reader in(s, l, desk);
  writer out(s, desk);
  for (;;) {
    switch (in.parse()) {
      case reader::step::ready:
        if (!answer(s, in, out, here, c)) return end(s, out, desk, 0);
        break;
      case reader::step::bad:
        return end(s, out, desk, in.status());
      case reader::step::more: {
        // Only now: the answers to all requests that came together.
        if (!out.flush()) return;
        const io r = in.fill();
        if (r == io::timeout && !in.idle()) return end(s, out, desk, 408);
        if (r != io::ok) return;
        break;
      }
    }
  }
}

}  // namespace httpd
