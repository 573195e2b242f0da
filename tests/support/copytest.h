// tests/support/copytest.h - descriptors of every kind to copy from and to.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "burrow/burrow.h"
#include "tests/support/iotest.h"

namespace burrow::testsupport {

inline constexpr const char* kSources[] = {
    "file", "pipe", "tcp", "unix", "given pipe", "given socket"};
inline constexpr const char* kSinks[] = {"file", "pipe",       "tcp",
                                         "unix", "given pipe", "given socket"};

// pattern is n bytes, 8 MiB at most, in which no two pieces look alike.
inline std::string pattern(std::size_t n) {
  static const std::string whole = [] {
    std::string s(std::size_t{8} << 20, '\0');
    std::uint32_t x = 2463534242;
    for (char& c : s) {
      x ^= x << 13;
      x ^= x >> 17;
      x ^= x << 5;
      c = static_cast<char>(x);
    }
    return s;
  }();
  return whole.substr(0, n);
}

// filetwice opens a file without a name twice.
inline std::pair<fd, fd> filetwice() {
  char name[] = "/tmp/burrow_copy_XXXXXX";
  fd a(::mkostemp(name, O_CLOEXEC));
  fd b(::open(name, O_RDWR | O_CLOEXEC));
  ::unlink(name);
  return {std::move(a), std::move(b)};
}

// filewith is a file that is read from its start.
inline fd filewith(std::string_view content) {
  auto [file, writer] = filetwice();
  writer.write(bytes(content));
  return std::move(file);
}

// connected returns what is written to its second and read from its first, or,
// for sockets, either way round.
inline std::pair<fd, fd> connected(std::string_view kind) {
  if (kind == "file") return filetwice();
  int n[2] = {-1, -1};
  if (kind == "given pipe") {
    (void)!::pipe2(n, O_CLOEXEC);
    return {fd(n[0]), fd(n[1])};
  }
  if (kind == "given socket" || kind == "unix") {
    const int flags = kind == "unix" ? SOCK_NONBLOCK : 0;
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, n);
    return {fd(n[0]), fd(n[1])};
  }
  if (kind == "tcp") {
    net::listener l = net::listen("tcp", "127.0.0.1:0");
    net::conn c = net::dial("tcp", l.address());
    return {l.accept(), std::move(c)};
  }
  auto [in, out] = pipe();
  return {std::move(in), std::move(out)};
}

// source is an end to copy from: somebody writes `content` to its other side and
// closes that; nobody does without one.
struct source {
  fd end, other;
  wait_group feeder;

  explicit source(const char* kind) { std::tie(end, other) = connected(kind); }
  source(const char* kind, std::string content) : source(kind) {
    if (std::string_view(kind) == "file") {
      other.write(bytes(content));
      return;
    }
    feeder.go([this, text = std::move(content)] {
      std::error_code ec;  // the reader may leave early
      other.write(bytes(text), ec);
      other.close();
    });
  }
  ~source() {
    std::error_code ec;
    end.close(ec);
    feeder.wait();
  }
  source(const source&) = delete;
  source& operator=(const source&) = delete;
};

// sink is an end to copy to: somebody reads what comes out on the other side,
// unless it is told that nobody shall.
struct sink {
  fd end, other;
  std::optional<future<std::string>> got;

  explicit sink(const char* kind, bool read = true)
      : file_(std::string_view(kind) == "file") {
    std::tie(other, end) = connected(kind);
    if (!read) narrow();
    if (read && !file_) got = async([this] { return all(other); });
  }
  ~sink() {
    if (got || file_) finish();
  }
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;

  // finish closes the end and returns all that has been written to it.
  std::string finish() {
    std::error_code ec;
    end.close(ec);
    if (file_) return all(other);
    std::string s = got->get();
    got.reset();
    return s;
  }

 private:
  // narrow lets a socket hold little of what nobody reads.
  void narrow() {
    const int size = 64 << 10;
    for (const int n : {end.get(), other.get()})
      for (const int option : {SO_SNDBUF, SO_RCVBUF})
        ::setsockopt(n, SOL_SOCKET, option, &size, sizeof size);
  }

  bool file_;
};

}  // namespace burrow::testsupport
