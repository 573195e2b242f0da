// examples/httpd/connection.cc - see connection.h.

#include "examples/httpd/connection.h"

#include "examples/httpd/exchange.h"

namespace httpd {

// end is of a connection that ends by our will, with a last word, if any: false.
bool connection::end(int status) {
  if (status != 0) refusal(out_, status);
  const bool sent = out_.flush();
  desk_.reset();
  if (sent) from_.linger();
  return false;
}

// answer is false when the request was the connection's last.
bool connection::answer() {
  exchange x(in_, out_, from_.stopping());
  handle(x, here_, from_);
  const bool more = x.finish();
  // Only this goroutine writes them.
  count_.requests.store(count_.requests.load(std::memory_order_relaxed) + 1,
                        std::memory_order_relaxed);
  count_.bytes_out.store(out_.sent(), std::memory_order_relaxed);
  in_.next();
  return more;
}

bool connection::turn() {
  const io r = in_.fill();
  if (r == io::timeout && !in_.idle()) return end(408);
  if (r != io::ok) return false;
  for (;;) {
    switch (in_.parse()) {
      case reader::step::ready:
        if (!answer()) return end(0);
        break;
      case reader::step::bad:
        return end(in_.status());
      case reader::step::more:
        // Only now: the answers to all requests that came together.
        return out_.flush();
    }
  }
}

}  // namespace httpd
