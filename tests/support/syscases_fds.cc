// tests/support/syscases_fds.cc - tests/support/syscases.h: descriptors and the poller.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

#include "sys/io.h"
#include "sys/os.h"
#include "sys/poller.h"
#include "tests/support/syscases.h"
#include "tests/support/syscasetools.h"

namespace burrow::testsupport {

namespace {

// ---- Descriptors ----

int ends[2], files[2];
char bytes[8];
void pair() {
  MUST(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  MUST(::write(ends[0], "abc", 3) == 3);
}
void unpair(long long) {
  ::close(ends[0]);
  ::close(ends[1]);
}
// A pipe that has something, and two files, the first of which has.
void filled() {
  MUST(::pipe(ends) == 0);
  for (int& f : files) {
    char name[] = "/tmp/burrow_sys_inject_XXXXXX";
    f = ::mkstemp(name);
    MUST(f >= 0 && ::unlink(name) == 0);
  }
  MUST(::write(ends[1], "abc", 3) == 3);
  MUST(::pwrite(files[0], "abc", 3, 0) == 3);
}
void unfilled(long long r) {
  ::close(files[0]);
  ::close(files[1]);
  unpair(r);
}

int listener, client, accepted;
void listening() {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  auto* const where = reinterpret_cast<sockaddr*>(&name);
  socklen_t n = sizeof name;
  listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  client = ::socket(AF_UNIX, SOCK_STREAM, 0);
  MUST(::bind(listener, where, sizeof name.sun_family) == 0);
  MUST(::getsockname(listener, where, &n) == 0);
  MUST(::listen(listener, 1) == 0 && ::connect(client, where, n) == 0);
}
void hangup(long long r) {
  if (r == 1) ::close(accepted);
  ::close(listener);
  ::close(client);
}

// ---- The poller ----

sys::poller p;
sys::pollready ready[sys::kPollBatch];
void openkind(sys::pollkind kind) { MUST(sys::pollopen(p, kind) == 0); }
void open() { openkind(sys::pollkind::standard); }
void shut(long long r) {
  if (r < 0) return;
  ::close(p.fd);
  ::close(p.wakefd);
}
void watch() {
  pair();
  open();
}
void watching() {
  watch();
  MUST(sys::polladd(p, ends[1], 9) == 0);
}
void unwatch(long long) {
  shut(0);
  unpair(0);
}
// It is watched, or it is not: then it can be.
void addedornot(long long r) {
  if (r < 0) MUST(sys::polladd(p, ends[1], 9) == 0);
  MUST(sys::pollwait(p, ready, -1) >= 1);
  unwatch(r);
}
// The wait ends for the break, long before its time.
void isbroken(long long) {
  const std::int64_t t0 = sys::nanotime();
  MUST(sys::pollwait(p, ready, 15'000 * kMs) == 0);
  MUST(sys::nanotime() - t0 < 10'000 * kMs);
  shut(0);
}
bool nouring() {
  sys::poller trial;
  static const bool is = sys::pollopen(trial, sys::pollkind::uring) < 0;
  return is;
}
void ring() { openkind(sys::pollkind::uring); }
void ringwatch() {
  pair();
  ring();
}
void ringwatching() {
  ringwatch();
  MUST(sys::polladd(p, ends[1], 9) == 0);
}

int wakefd;
void wakeable() {
  pair();
  wakefd = static_cast<int>(sys::wakeopen());
}
void unwake(long long) {
  ::close(wakefd);
  unpair(0);
}
void woken() {
  wakeable();
  sys::wakeone(wakefd);
}
void iswoken(long long) {
  const std::int64_t t0 = sys::nanotime();
  MUST(sys::waitone(ends[0], false, wakefd, 15'000 * kMs) == 0);
  MUST(sys::nanotime() - t0 < 10'000 * kMs);
  unwake(0);
}

}  // namespace

const std::vector<syscase> kDescriptorcases = {
    {"read", pair, []() -> long long { return sys::read(ends[1], bytes, 2); },
     unpair},
    {"write", pair, []() -> long long { return sys::write(ends[0], "d", 1); },
     unpair},
    {"readnowait", filled,
     []() -> long long { return sys::readnowait(ends[0], bytes, 2); },
     unfilled},
    {"writenowait", filled,
     []() -> long long { return sys::writenowait(ends[1], "d", 1); }, unfilled},
    {"recvfrom", pair,
     []() -> long long {
       return sys::recvfrom(ends[1], bytes, 2, nullptr, nullptr);
     },
     unpair},
    {"sendto", pair,
     []() -> long long { return sys::sendto(ends[0], "de", 2, nullptr, 0); },
     unpair},
    {"accept", listening,
     []() -> long long {
       const std::int64_t r = sys::accept(listener, nullptr, nullptr);
       accepted = static_cast<int>(r);
       return r < 0 ? r : 1;
     },
     hangup},
    {"splice", filled,
     []() -> long long { return sys::splice(ends[0], files[1], 2); }, unfilled},
    {"sendfile", filled,
     []() -> long long { return sys::sendfile(files[0], ends[1], 2); },
     unfilled},
    {"copyrange", filled,
     []() -> long long { return sys::copyrange(files[0], files[1], 2); },
     unfilled},
    {"close", pair, []() -> long long { return sys::close(ends[0]); },
     [](long long) { ::close(ends[1]); }},
    {"pollopen", none,
     []() -> long long { return sys::pollopen(p, sys::pollkind::standard); },
     shut},
    {"polladd", watch,
     []() -> long long { return sys::polladd(p, ends[1], 9); }, addedornot},
    {"polldel", watching,
     []() -> long long { return sys::polldel(p, ends[1], 9); }, unwatch},
    {"pollwait", watching, [] { return one(sys::pollwait(p, ready, -1) > 0); },
     unwatch},
    {"pollwait_time", open,
     []() -> long long { return sys::pollwait(p, ready, 2 * kMs); }, shut},
    {"pollbreak", open, [] { return sys::pollbreak(p), 0LL; }, isbroken},
    {"uring_open", none,
     []() -> long long { return sys::pollopen(p, sys::pollkind::uring); },
     [](long long r) {
       if (r < 0) ring();
       shut(0);
     },
     true, 0, nouring},
    {"uring_add", ringwatch,
     []() -> long long { return sys::polladd(p, ends[1], 9); }, addedornot,
     true, 0, nouring},
    {"uring_del", ringwatching,
     []() -> long long { return sys::polldel(p, ends[1], 9); },
     [](long long) {
       // The end is told.
       sys::pollready last{0, 0};
       while ((last.what & sys::kPollLost) == 0)
         if (const std::int64_t n = sys::pollwait(p, ready, -1); n > 0)
           last = ready[n - 1];
       unwatch(0);
     },
     true, 0, nouring},
    {"uring_wait", ringwatching,
     [] { return one(sys::pollwait(p, ready, -1) > 0); }, unwatch, true, 0,
     nouring},
    {"uring_time", ring,
     []() -> long long { return sys::pollwait(p, ready, 2 * kMs); }, shut, true,
     0, nouring},
    {"uring_break", ring, [] { return sys::pollbreak(p), 0LL; }, isbroken, true,
     0, nouring},
    {"waitone", wakeable,
     []() -> long long { return sys::waitone(ends[1], false, wakefd, -1); },
     unwake},
    {"waitone_time", wakeable,
     []() -> long long {
       return sys::waitone(ends[0], false, wakefd, 2 * kMs);
     },
     unwake},
    {"waitone_woken", woken,
     []() -> long long {
       return sys::waitone(ends[0], false, wakefd, 15'000 * kMs);
     },
     unwake},
    {"wakeone", wakeable, [] { return sys::wakeone(wakefd), 0LL; }, iswoken},
    {"wakeopen", none,
     []() -> long long {
       wakefd = static_cast<int>(sys::wakeopen());
       return wakefd < 0 ? wakefd : 1;
     },
     [](long long r) {
       if (r == 1) ::close(wakefd);
     }},
    {"readiness", pair,
     []() -> long long { return sys::readiness(ends[1], ends[0]); }, unpair},
};

}  // namespace burrow::testsupport
