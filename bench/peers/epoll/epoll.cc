// peer_epoll - what a server costs that is nothing but system calls.
//
//   peer_epoll echo|http|parse PORT WORKERS
//
// A worker is a thread with a listening socket of its own (SO_REUSEPORT), its own
// epoll and one buffer for all its connections. http answers any request with
// "Hello, World!"; requests may come in one piece or pipelined, and one that is
// split over two reads is refused, which no client of the benchmark does. parse is
// http by llhttp, the parser of examples/httpd, with nothing kept of what it finds:
// what a server costs that is nothing but system calls and a parser.
//
// Level-triggered: with one read a message the kernel looks at each event once
// more, but edge-triggered needs a second read where the first one filled the
// buffer. The two measured alike.

#include <unistd.h>

#ifdef WITH_LLHTTP
#include <llhttp.h>
#endif

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>

#include "bench/peers/epoll/listen.h"

namespace {

constexpr std::size_t kRoom = 16 << 10;
constexpr int kBatch = 128;

// A message is answered when this returns its answer.
using handler = std::string_view (*)(std::string_view got);

std::string_view echo(std::string_view got) { return got; }

// The response, with a date that is right to the second.
std::string_view response() {
  thread_local std::string text;
  thread_local std::time_t made = 0;
  timespec t;
  clock_gettime(CLOCK_REALTIME_COARSE, &t);
  if (t.tv_sec != made) {
    made = t.tv_sec;
    std::tm utc;
    gmtime_r(&made, &utc);
    char date[64];
    std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    text =
        std::string("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: ") +
        date + "\r\nContent-Length: 13\r\n\r\nHello, World!";
  }
  return text;
}

std::string_view responses(std::size_t n) {
  thread_local std::string many;
  const std::string_view one = response();
  if (n == 1) return one;
  many.clear();
  while (n-- > 0) many += one;
  return many;
}

std::string_view http(std::string_view got) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::size_t requests = 0;
  while (!got.empty()) {
    const std::size_t end = got.find(kEnd);
    if (end == got.npos || got.substr(0, 4) != "GET ") return {};
    got.remove_prefix(end + kEnd.size());
    requests++;
  }
  return responses(requests);
}

#ifdef WITH_LLHTTP
std::string_view parse(std::string_view got) {
  thread_local std::size_t requests;
  thread_local llhttp_settings_t settings{};
  thread_local llhttp_t parser;
  settings.on_message_complete = [](llhttp_t*) {
    requests++;
    return 0;
  };
  requests = 0;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  if (llhttp_execute(&parser, got.data(), got.size()) != HPE_OK) return {};
  return responses(requests);
}
#endif

// handlerof returns who answers in that mode; null: there is none.
handler handlerof(std::string_view mode) {
  if (mode == "echo") return echo;
  if (mode == "http") return http;
#ifdef WITH_LLHTTP
  if (mode == "parse") return parse;
#endif
  return nullptr;
}

// serve does what one event of a connection asks for; false: it has ended.
bool serve(int fd, char* room, handler answer) {
  const ssize_t n = recv(fd, room, kRoom, 0);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) return false;
  std::string_view out = answer({room, static_cast<std::size_t>(n)});
  if (out.empty()) return false;
  // A client that does not read what it asked for is not served any more.
  return send(fd, out.data(), out.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(out.size());
}

[[noreturn]] void work(int port, handler answer) {
  const int listener = peer::listenat(port), ep = peer::newepoll();
  peer::watch(ep, listener, {.fd = listener});
  static thread_local char room[kRoom];
  for (;;) {
    epoll_event ev[kBatch];
    const int n = epoll_wait(ep, ev, kBatch, -1);
    for (int i = 0; i < n; i++) {
      const int fd = ev[i].data.fd;
      if (fd != listener) {
        if (!serve(fd, room, answer)) close(fd);
        continue;
      }
      const int c = peer::acceptfrom(listener);
      if (c >= 0) peer::watch(ep, c, {.fd = c});
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const handler answer = handlerof(argc == 4 ? argv[1] : "");
  const int port = argc == 4 ? std::atoi(argv[2]) : 0;
  const int workers = argc == 4 ? std::atoi(argv[3]) : 0;
  if (answer == nullptr || port < 1 || workers < 1) {
    std::fputs(
        "usage: peer_epoll echo|http|parse PORT WORKERS (parse: if built with "
        "llhttp)\n",
        stderr);
    return 2;
  }
  for (int i = 1; i < workers; i++) std::thread(work, port, answer).detach();
  work(port, answer);
}
