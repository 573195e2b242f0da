// tests/progs/soak.cc - all that burrow does with the system, at once, for a while,
// and then a count of what is left.
//
//   soak SECONDS [SEED]
//
// Two equal phases: the second may leave no more than the first. Descriptors,
// goroutines, child processes: none may be left but those of the runtime and a few
// that it keeps; threads and memory are bounded. Every byte that arrives is
// checked. Exit code 1 and a line that says what is wrong; a phase that does not
// end is dumped.

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "burrow/burrow.h"
#include "tests/support/procself.h"

namespace {

using namespace burrow;
using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::steady_clock;

std::atomic<int> failures{0};

void fail(const char* what, long a = 0, long b = 0) {
  std::fprintf(stderr, "soak: %s (%ld, %ld)\n", what, a, b);
  failures++;
}

void expect(bool holds, const char* what, long a = 0, long b = 0) {
  if (!holds) fail(what, a, b);
}

class dice {
 public:
  explicit dice(std::uint64_t seed)
      : x_(seed * 2654435769 + 88172645463325252) {}
  std::size_t operator()(std::size_t n) {
    x_ ^= x_ << 13;
    x_ ^= x_ >> 7;
    x_ ^= x_ << 17;
    return n == 0 ? 0 : (x_ >> 11) % n;
  }
  bool once_in(std::size_t n) { return (*this)(n) == 0; }
  microseconds upto(std::size_t us) { return microseconds((*this)(us)); }

 private:
  std::uint64_t x_;
};

// Bytes of which no two pieces are alike.
const std::string& material() {
  static const std::string all = [] {
    std::string s(std::size_t{1} << 20, '\0');
    dice d(1);
    for (char& c : s) c = static_cast<char>(d(256));
    return s;
  }();
  return all;
}

std::string_view piece(dice& d, std::size_t most) {
  const std::size_t n = d.once_in(4) ? d(most) : d(2000);
  return std::string_view(material()).substr(d(material().size() - n), n);
}

std::span<const std::byte> bytes(std::string_view s) {
  return std::as_bytes(std::span(s));
}

// Joined descriptors: what is written to the second is read from the first.
std::pair<fd, fd> joined(dice& d) {
  static std::atomic<int> names{0};
  switch (d(3)) {
    case 0: {
      auto [in, out] = pipe();
      return {std::move(in), std::move(out)};
    }
    case 1: {
      net::listener l = net::listen("tcp", "127.0.0.1:0");
      net::conn c = net::dial("tcp", l.address());
      return {l.accept(), std::move(c)};
    }
    default: {
      net::listener l =
          net::listen("unix", "@soak-" + std::to_string(::getpid()) + "-" +
                                  std::to_string(names++));
      net::conn c = net::dial("unix", l.address());
      return {l.accept(), std::move(c)};
    }
  }
}

// Reads f to its end or first error, and says how much of `sent` it was; more, or
// something else, is a failure.
std::size_t checked(fd& f, std::string_view sent, std::error_code& ec) {
  std::vector<std::byte> room(16 << 10);
  std::size_t at = 0;
  while (const std::size_t n = f.read(room, ec)) {
    const bool same =
        n <= sent.size() - at && std::memcmp(room.data(), &sent[at], n) == 0;
    expect(same, "bytes that were not sent", static_cast<long>(at),
           static_cast<long>(n));
    if (!same) return at;
    at += n;
  }
  return at;
}

// Somebody else does something to one of these, at any time, or nobody does.
bool disturbed(dice& d, wait_group& wg, std::vector<fd*> victims) {
  if (!d.once_in(3)) return false;
  fd* f = victims[d(victims.size())];
  const int how = static_cast<int>(d(3));
  const microseconds later = d.upto(1500);
  wg.go([=] {
    sleep_for(later);
    std::error_code ec;
    if (how == 0) f->close(ec);
    if (how == 0 || f->get() < 0) return;
    try {
      f->set_deadline(steady_clock::now() + (how == 1 ? 0us : 300us));
    } catch (const std::system_error&) {  // closed by who is done with it
    }
  });
  return true;
}

// sends writes text in a goroutine of its own, and closes.
void sends(wait_group& wg, fd& to, std::string_view text) {
  wg.go([&to, text] {
    std::error_code ec;
    to.write(bytes(text), ec);
    to.close(ec);
  });
}

// arrives reads text, waits for all others, and asks for every byte if that is
// certain to come.
void arrives(fd& in, std::string_view text, wait_group& wg, bool uncertain,
             const char* otherwise) {
  std::error_code ec;
  const std::size_t n = checked(in, text, ec);
  in.close(ec);
  wg.wait();
  if (!uncertain)
    expect(n == text.size(), otherwise, static_cast<long>(n),
           static_cast<long>(text.size()));
}

void streams(dice& d) {
  auto [in, out] = joined(d);
  const std::string_view text = piece(d, 400'000);
  wait_group wg;
  const bool uncertain = disturbed(d, wg, {&in, &out});
  sends(wg, out, text);
  arrives(in, text, wg, uncertain, "a stream that is short");
}

void copies(dice& d) {
  auto [in1, out1] = joined(d);
  auto [in2, out2] = joined(d);
  auto [in3, out3] = joined(d);
  const std::string_view text = piece(d, 400'000);
  wait_group wg;
  const bool uncertain =
      disturbed(d, wg, {&in1, &in2, &in3, &out1, &out2, &out3});
  const auto link = [&wg](fd& to, fd& from) {
    wg.go([&to, &from] {
      std::error_code ec;
      copy(to, from, ec);
      to.close(ec);
      from.close(ec);
    });
  };
  link(out2, in1);
  link(out3, in2);
  sends(wg, out1, text);
  arrives(in3, text, wg, uncertain, "a copy that is short");
}

void datagrams(dice& d) {
  net::packet_conn a = net::listen_packet("udp", "127.0.0.1:0");
  net::packet_conn b = net::listen_packet("udp", "127.0.0.1:0");
  b.set_deadline(steady_clock::now() + 2ms + d.upto(2000));
  std::vector<std::string_view> sent;
  for (std::size_t i = d(8); i > 0; --i) {
    sent.push_back(piece(d, 1400));
    a.write_to(bytes(sent.back()), b.local_address());
  }
  std::byte room[2048];
  std::error_code ec;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto r = b.read_from(room, ec);
    if (ec) break;
    bool known = false;
    for (std::string_view s : sent)
      known =
          known || (s.size() == r.n && std::memcmp(s.data(), room, r.n) == 0);
    expect(known, "a datagram that was not sent", static_cast<long>(r.n));
  }
}

void children(dice& d) {
  switch (d(4)) {
    case 0: {
      exec::command c{"sh", "-c", "exit 7"};
      expect(c.run().exit_code == 7, "exit code");
      return;
    }
    case 1: {
      exec::command c{"cat"};
      const std::string_view text = piece(d, 200'000);
      c.in = exec::pipe;
      c.out = exec::pipe;
      c.start();
      auto fed =
          async([in = c.in_pipe(), text]() mutable { in.write(bytes(text)); });
      fd out = c.out_pipe();
      std::error_code ec;
      expect(checked(out, text, ec) == text.size() && !ec, "cat");
      fed.get();
      expect(c.wait().success(), "cat's exit code");
      return;
    }
    case 2: {
      auto [ctx, cancel] = with_timeout(background(), d.upto(3000));
      exec::command c{ctx, "sleep", "100"};
      try {
        expect(c.run().signal == SIGKILL, "a child that was not killed");
      } catch (const std::system_error&) {  // not even started
        expect(!!ctx.err(), "a child that cannot be started");
      }
      cancel();
      return;
    }
    default: {
      exec::command c{"sleep", "0.01"};  // nobody waits for it
      c.start();
      return;
    }
  }
}

void signalled(dice& d) {
  auto c = make_chan<int>(8);
  signals::notify(c, {SIGUSR1, SIGCHLD, SIGWINCH});
  for (std::size_t i = d(20); i > 0; --i) ::kill(::getpid(), SIGWINCH);
  ::kill(::getpid(), SIGUSR1);
  auto late = after(30s);
  bool came = false;
  while (!came) {
    const auto k = select(recv(late), recv(c, [&](std::optional<int> sig) {
                            came = *sig == SIGUSR1;
                          }));
    if (k == 0) break;
    // Full of others, perhaps.
    if (!came) ::kill(::getpid(), SIGUSR1);
  }
  expect(came, "a signal that did not come");
  signals::stop(c);
}

void cancelled(dice& d) {
  auto [ctx, cancel] = with_cancel(background());
  wait_group wg;
  wg.go([cancel = cancel, t = d.upto(1000)] {
    sleep_for(t);
    cancel();
  });
  net::listener l = net::listen("tcp", "127.0.0.1:0");
  for (int i = 0; i < 20 && !ctx.err(); ++i) {
    std::error_code ec;
    net::conn c = net::dial(ctx, "tcp", l.address(), ec);
    expect(!ec || ec == errc::canceled, "dial", ec.value());
  }
  ticker t(100us);
  while (select(recv(ctx.done()), recv(t.c())) == 1) yield();
  wg.wait();
}

struct kind {
  const char* name;
  void (*round)(dice&);
  int workers;
  std::atomic<long> rounds{0};
} kinds[] = {{"streams", streams, 8},     {"copies", copies, 6},
             {"datagrams", datagrams, 4}, {"children", children, 3},
             {"signals", signalled, 3},   {"contexts", cancelled, 4}};

// ---- What is left ----

struct leftover {
  long descriptors, goroutines, threads, childs, kb;
};

leftover count() {
  // A dropped child may take a moment more.
  const auto end = steady_clock::now() + 20s;
  leftover l{};
  do {
    sleep_for(20ms);
    l.goroutines = num_goroutine();
    l.childs = ::waitid(P_ALL, 0, nullptr, WEXITED | WNOWAIT | WNOHANG) == 0;
  } while ((l.goroutines > 1 || l.childs != 0) && steady_clock::now() < end);
  l.descriptors = testsupport::descriptors();
  l.threads = testsupport::threads();
  ::malloc_trim(0);
  l.kb = testsupport::residentkb();
  return l;
}

leftover phase(const char* name, std::chrono::milliseconds length,
               std::uint64_t seed) {
  const auto until = steady_clock::now() + length;
  wait_group wg;
  for (kind& k : kinds) {
    k.rounds = 0;
    for (int w = 0; w < k.workers; ++w)
      wg.go([&k, until, s = ++seed] {
        dice d(s);
        for (; steady_clock::now() < until; k.rounds++) k.round(d);
      });
  }
  auto done = make_chan<unit>();
  go([&wg, done] {
    wg.wait();
    done.close();
  });
  if (select(recv(done), recv(after(length + 60s))) == 1) {
    fail("a phase that does not end");
    debug::dump_goroutines(2);
    std::_Exit(1);
  }
  const leftover l = count();
  std::printf("%s:", name);
  for (kind& k : kinds) std::printf(" %s %ld", k.name, k.rounds.load());
  std::printf(
      "\n  left: descriptors %ld, goroutines %ld, threads %ld, "
      "children %ld, %ld kB\n",
      l.descriptors, l.goroutines, l.threads, l.childs, l.kb);
  std::fflush(stdout);
  return l;
}

void soak(std::chrono::milliseconds length, std::uint64_t seed) {
  // Held for all of it: what a round has sent may come after it is gone.
  auto all = make_chan<int>(1);
  signals::notify(all, {SIGUSR1, SIGWINCH, SIGCHLD});
  const leftover before = phase("warm", 500ms, seed);
  const leftover first = phase("first", length / 2, seed + 1000);
  const leftover second = phase("second", length / 2, seed + 1000);
  constexpr long kKept = 16;  // pipes for copies
  for (const leftover& l : {first, second}) {
    expect(l.descriptors <= before.descriptors + kKept, "descriptors",
           before.descriptors, l.descriptors);
    expect(l.goroutines == 1, "goroutines", l.goroutines);
    expect(l.childs == 0, "child processes", l.childs);
    expect(l.threads <= 100, "threads", l.threads);
  }
  if (failures > 0) testsupport::list_descriptors();
  expect(second.kb <= first.kb + (16 << 10), "memory", first.kb, second.kb);
}

}  // namespace

int main(int argc, char** argv) {
  const long seconds = argc > 1 ? std::atol(argv[1]) : 0;
  if (seconds <= 0) {
    std::fprintf(stderr, "usage: %s SECONDS [SEED]\n", argv[0]);
    return 2;
  }
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  run([=] { soak(std::chrono::seconds(seconds), seed); });
  std::printf("soak: %s\n", failures == 0 ? "passed" : "failed");
  return failures == 0 ? 0 : 1;
}
