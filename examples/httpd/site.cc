// examples/httpd/site.cc - see site.h.

#include "examples/httpd/site.h"

#include "examples/httpd/debug_page.h"
#include "examples/httpd/files.h"

namespace httpd {

namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";

void echo(exchange& x) {
  std::span<const char> piece;
  if (!x.body(piece)) {
    const int status = x.body_status();
    return x.refuse(status != 0 ? status : 400);
  }
  x.begin(200, "application/octet-stream", std::nullopt);
  while (!piece.empty() && x.alive()) {
    x.write({piece.data(), piece.size()});
    // What is wrong now can only be told by an answer that does not end.
    if (!x.body(piece)) return x.abandon();
  }
}

// reads is true for GET and HEAD; else it has answered.
bool reads(exchange& x) {
  const verb v = x.asked().method;
  if (v == verb::get || v == verb::head) return true;
  if (v == verb::options) {
    x.begin(204, {}, 0, "Allow: GET, HEAD, OPTIONS\r\n");
  } else {
    x.refuse(405, "Allow: GET, HEAD, OPTIONS\r\n");
  }
  return false;
}

void debug(exchange& x, const site& s, const stream& from) {
  if (!reads(x)) return;
  if (!from.local()) return x.refuse(403);
  const std::string_view path = x.asked().path;
  if (path == "/debug/burrow") return debug_page(x, s);
  if (path == "/debug/burrow/figures") return debug_figures(x, s);
  if (path == "/debug/burrow/dump") return debug_dump(x);
  x.refuse(404);
}

}  // namespace

void handle(exchange& x, const site& s, const stream& from) {
  const request& r = x.asked();
  if (r.method == verb::unknown) return x.refuse(501);
  if (r.path == "/plaintext" || (s.folder < 0 && r.path == "/")) {
    if (reads(x)) x.answer(200, kText, "Hello, World!");
    return;
  }
  if (r.path == "/echo") {
    if (r.method == verb::post) return echo(x);
    return x.refuse(405, "Allow: POST\r\n");
  }
  if (r.path.starts_with("/debug/burrow")) return debug(x, s, from);
  if (!reads(x)) return;
  if (s.folder < 0) return x.refuse(404);
  serve_file(x, s.folder);
}

}  // namespace httpd
