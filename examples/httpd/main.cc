// httpd - an HTTP/1.1 server: a goroutine a connection.
//
//   httpd 127.0.0.1:8080 /srv/www     files; /debug/burrow shows the scheduler
//   httpd 127.0.0.1:8080              GET / answers "Hello, World!"
//
// site.h says what it answers; bounds.h what clients may do. SIGTERM or SIGINT:
// requests on their way are finished first; a second one ends it at once.
#include <getopt.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "burrow/burrow.h"
#include "examples/httpd/path.h"
#include "examples/httpd/server.h"

namespace {

constexpr const char* kUsage =
    "usage: httpd [OPTION...] ADDRESS [FOLDER]\n"
    "  --max-connections=N    at a time; more wait\n"
    "  --max-body=BYTES       of a request\n"
    "  --header-timeout=MS    for a request's head, once it has begun\n"
    "  --idle-timeout=MS      between requests\n"
    "  --body-timeout=MS      by which a body may be late\n"
    "  --body-rate=BYTES      a second, at least\n"
    "  --write-timeout=MS     for a client to take a piece of an answer\n"
    "  --shutdown-timeout=MS  for requests on their way\n";

[[noreturn]] void usage() {
  std::fputs(kUsage, stderr);
  std::exit(2);
}

// number_of is an option's value: a whole number from 1 on, up to 10^12.
std::uint64_t number_of(const char* name, const char* text) {
  const char* const end = text + std::strlen(text);
  std::uint64_t n = 0;
  const auto [rest, error] = std::from_chars(text, end, n);
  if (error == std::errc{} && rest == end && n >= 1 && n <= 1'000'000'000'000)
    return n;
  std::fprintf(stderr,
               "httpd: --%s must be a whole number from 1 to 10^12: %s\n", name,
               text);
  std::exit(2);
}

httpd::limits limits_of(int argc, char** argv) {
  static const option kOptions[] = {
      {"max-connections", required_argument, nullptr, 'c'},
      {"max-body", required_argument, nullptr, 'b'},
      {"header-timeout", required_argument, nullptr, 'h'},
      {"idle-timeout", required_argument, nullptr, 'i'},
      {"body-timeout", required_argument, nullptr, 'g'},
      {"body-rate", required_argument, nullptr, 'r'},
      {"write-timeout", required_argument, nullptr, 'w'},
      {"shutdown-timeout", required_argument, nullptr, 's'},
      {}};
  httpd::limits l;
  int which = 0;
  for (int c; (c = getopt_long(argc, argv, "", kOptions, &which)) != -1;) {
    if (c == '?') usage();
    const std::uint64_t n = number_of(kOptions[which].name, optarg);
    const std::chrono::milliseconds ms(n);
    switch (c) {
      case 'c':
        l.connections = n;
        break;
      case 'b':
        l.body = n;
        break;
      case 'h':
        l.head = ms;
        break;
      case 'i':
        l.idle = ms;
        break;
      case 'g':
        l.body_grace = ms;
        break;
      case 'r':
        l.body_rate = n;
        break;
      case 'w':
        l.write = ms;
        break;
      case 's':
        l.shutdown = ms;
        break;
    }
  }
  return l;
}

int serve(const char* address, const char* folder, const httpd::limits& l) {
  try {
    // The first signal ends ctx; after stop() the next one ends the program.
    auto [ctx, stop] = burrow::signals::notify_context(burrow::background(),
                                                       {SIGINT, SIGTERM});
    burrow::go([ctx = ctx, stop = stop] {
      ctx.done().recv();
      stop();
    });
    auto listener = burrow::net::listen("tcp", address);
    const int root = folder == nullptr ? -1 : httpd::open_folder(folder);
    std::fprintf(stderr, "httpd: listening on %s\n",
                 listener.address().string().c_str());
    httpd::server(std::move(listener), l, root).run(ctx);
    return 0;
  } catch (const std::system_error& e) {
    std::fprintf(stderr, "httpd: %s\n", e.what());
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const httpd::limits l = limits_of(argc, argv);
  if (argc - optind < 1 || argc - optind > 2) usage();
  const char* const address = argv[optind];
  const char* const folder = argc - optind == 2 ? argv[optind + 1] : nullptr;
  return burrow::run([=] { return serve(address, folder, l); });
}
