// examples/httpd/debug_page.cc - see debug_page.h.
//
// A dump goes to a memory file, not a pipe: while it is written no goroutine runs
// that could read. One at a time is taken.

#include "examples/httpd/debug_page.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>

#include "burrow/burrow.h"

namespace httpd {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kHeaders =
    "Cache-Control: no-store\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; connect-src 'self'\r\n";
constexpr std::size_t kDumpOnPage = 64
                                    << 10;  // bytes; all of it is a link away

constexpr std::string_view kTop = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>burrow</title>
<meta name="viewport" content="width=device-width">
<noscript><meta http-equiv="refresh" content="2"></noscript>
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:60em;padding:0 1em;
color:#222;background:#fff}
h1{font-size:1.4em}h2{font-size:1.1em;margin:1.5em 0 .3em}
table{border-collapse:collapse}td,th{text-align:right;padding:.1em 1.2em .1em 0}
td:first-child,th:first-child{text-align:left}th{font-weight:600;color:#777}
pre{font:12px/1.4 ui-monospace,monospace;background:#f4f4f4;padding:1em;overflow:auto}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}
pre{background:#222}a{color:#8bf}}
</style></head><body><h1>burrow: the scheduler</h1>
<div id="figures">)";

constexpr std::string_view kBottom = R"(</pre>
<script>
async function again() {
  try {
    const r = await fetch('/debug/burrow/figures');
    if (r.ok) document.getElementById('figures').innerHTML = await r.text();
  } finally { setTimeout(again, 1000); }
}
setTimeout(again, 1000);
</script></body></html>
)";

void escape(std::string& to, std::string_view text) {
  for (const char c : text) switch (c) {
      case '<':
        to += "&lt;";
        break;
      case '>':
        to += "&gt;";
        break;
      case '&':
        to += "&amp;";
        break;
      default:
        to += c;
    }
}

void row(std::string& h, std::string_view name, std::uint64_t n,
         std::string_view rate = {}) {
  h.append("<tr><td>").append(name).append("</td><td>");
  h.append(std::to_string(n)).append("</td><td>").append(rate);
  h.append("</td></tr>\n");
}

// sample is what rates are counted from: shared by all who look.
struct sample {
  clock::time_point when{};
  burrow::metrics::snapshot m;
  traffic t;
};

// rated pairs what is now with what was a while ago. Two browsers that look at the
// same time see the same rates, so it is renewed at most twice a second.
struct rated {
  sample now, before;

  std::string rate(std::uint64_t a, std::uint64_t b) const {
    const double s =
        std::chrono::duration<double>(now.when - before.when).count();
    if (before.when == clock::time_point{} || s <= 0 || b > a) return "";
    return std::to_string(
               static_cast<std::uint64_t>(static_cast<double>(a - b) / s)) +
           "/s";
  }
};

rated look(const site& s) {
  static burrow::mutex lock;
  static rated last;
  const std::lock_guard hold(lock);
  const auto now = clock::now();
  if (now - last.now.when >= std::chrono::milliseconds(500)) {
    last.before = std::move(last.now);
    last.now = {now, burrow::metrics::read(), s.count ? s.count() : traffic{}};
  }
  return last;
}

std::string tables(const rated& r) {
  const burrow::metrics::snapshot &f = r.now.m, &g = r.before.m;
  const traffic &t = r.now.t, &u = r.before.t;
  std::string h = "<h2>Server</h2><table>\n";
  row(h, "connections", t.open);
  row(h, "accepted", t.accepted, r.rate(t.accepted, u.accepted));
  row(h, "requests", t.requests, r.rate(t.requests, u.requests));
  row(h, "bytes sent", t.bytes_out, r.rate(t.bytes_out, u.bytes_out));
  h += "</table><h2>Goroutines</h2><table>\n";
  row(h, "goroutines", f.goroutines);
  row(h, "started", f.spawns, r.rate(f.spawns, g.spawns));
  row(h, "switches", f.switches, r.rate(f.switches, g.switches));
  row(h, "preemptions", f.preemptions, r.rate(f.preemptions, g.preemptions));
  row(h, "timers set", f.timers);
  row(h, "descriptors polled", f.polled);
  row(h, "address space of stacks, MiB", f.stack_bytes >> 20);
  const auto waited = [&f](double q) {
    return static_cast<std::uint64_t>(f.latency.quantile(q).count());
  };
  row(h, "wait for a P, median, ns", waited(0.5));
  row(h, "wait for a P, 99 %, ns", waited(0.99));
  h += "</table><h2>Threads (M)</h2><table>\n";
  row(h, "Ms", static_cast<std::uint64_t>(f.ms));
  row(h, "asleep", static_cast<std::uint64_t>(f.ms_idle));
  row(h, "looking for work", static_cast<std::uint64_t>(f.ms_spinning));
  row(h, "without a P", static_cast<std::uint64_t>(f.ms_without_p));
  row(h, "in blocking calls", static_cast<std::uint64_t>(f.ms_in_calls));
  row(h, "blocking calls", f.syscalls, r.rate(f.syscalls, g.syscalls));
  row(h, "Ps passed on", f.handoffs, r.rate(f.handoffs, g.handoffs));
  h += "</table><h2>Processors (P)</h2><table>\n";
  row(h, "Ps", static_cast<std::uint64_t>(f.ps));
  row(h, "idle", static_cast<std::uint64_t>(f.ps_idle));
  row(h, "stolen", f.steals, r.rate(f.steals, g.steals));
  row(h, "global queue", f.queued_global);
  for (std::size_t i = 0; i < f.queued.size(); ++i)
    row(h, "queue of P " + std::to_string(i), f.queued[i]);
  return h + "</table>\n";
}

// take_dump writes a dump of all goroutines into a file in memory.
// Errors  std::system_error.
burrow::fd take_dump() {
  static burrow::mutex one_at_a_time;
  const std::lock_guard hold(one_at_a_time);
  const int n = memfd_create("dump", MFD_CLOEXEC);
  if (n < 0) throw std::system_error(errno, std::system_category(), "memfd");
  burrow::fd file(n);
  burrow::debug::dump_goroutines(n);
  return file;
}

std::uint64_t size_of(const burrow::fd& file) {
  struct stat about {};
  return fstat(file.get(), &about) == 0
             ? static_cast<std::uint64_t>(about.st_size)
             : 0;
}

std::string dump_text() {
  const burrow::fd file = take_dump();
  std::string text(kDumpOnPage, '\0');
  const ssize_t n = pread(file.get(), text.data(), text.size(), 0);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  if (size_of(file) > text.size()) text += "\n...";
  return text;
}

}  // namespace

void debug_figures(exchange& x, const site& s) {
  x.answer(200, kHtml, tables(look(s)), kHeaders);
}

void debug_page(exchange& x, const site& s) {
  std::string dump;
  escape(dump, dump_text());
  x.begin(200, kHtml, std::nullopt, kHeaders);
  x.write(kTop);
  x.write(tables(look(s)));
  x.write(
      "</div><h2>Goroutines, as they were when the page was loaded "
      "(<a href=\"/debug/burrow/dump\">all, now</a>)</h2>\n<pre>");
  x.write(dump);
  x.write(kBottom);
}

void debug_dump(exchange& x) {
  burrow::fd file = take_dump();
  const std::uint64_t size = size_of(file);
  x.begin(200, "text/plain; charset=utf-8", size, kHeaders);
  x.send_file(file, 0, size);
}

}  // namespace httpd
