// tests/abi/prog/inject_fds.cc - functions of descriptors and of the poller, whose
// system calls fail.
#include "sys/io.h"
#include "sys/poller.h"
#include "tests/abi/prog/inject.h"

namespace {

// ---- Descriptors ----

// Sockets that the bed has made: a pair, a listener whom a client waits for.
constexpr int ends[2] = {10, 11}, kListener = 12;
char bytes[8];

void fill() { CHECKEQ(sys::write(ends[0], "abc", 3), 3); }
long long doread() { return sys::read(ends[1], bytes, 2); }
long long dowrite() { return sys::write(ends[0], "d", 1); }
long long doreadnowait() { return sys::readnowait(ends[1], bytes, 2); }
long long dowritenowait() { return sys::writenowait(ends[0], "d", 1); }
long long dorecv() {
  return sys::recvfrom(ends[1], bytes, 2, nullptr, nullptr);
}
long long dosend() { return sys::sendto(ends[0], "de", 2, nullptr, 0); }
long long doclose() { return sys::close(ends[0]); }
long long dosplice() { return sys::splice(ends[1], ends[0], 1); }
long long dosendfile() { return sys::sendfile(ends[1], ends[0], 1); }
long long docopy() { return sys::copyrange(ends[1], ends[0], 1); }
long long dosyscall() {
  std::uint32_t number = 4;  // write
#ifdef __APPLE__
  number |= 2U << 24;
#endif
  const std::intptr_t a[6] = {
      ends[0], reinterpret_cast<std::intptr_t>("d"), 1, 0, 0, 0};
  return sys::syscall6(number, a);
}
int accepted;
long long doaccept() {
  const std::int64_t r = sys::accept(kListener, nullptr, nullptr);
  accepted = static_cast<int>(r);
  return r < 0 ? r : 1;
}
void hangup(long long r) {
  if (r < 0) return;
  CHECKEQ(sys::read(accepted, bytes, 1), -EAGAIN);  // it does not block
  CHECKEQ(sys::close(accepted), 0);
}

// ---- The poller ----

sys::poller p;
sys::pollready ready[sys::kPollBatch];
void open() { CHECKEQ(sys::pollopen(p, sys::pollkind::standard), 0); }
void shut(long long r) {
  if (r < 0) return;
  CHECKEQ(sys::close(p.fd), 0);
#ifndef __APPLE__
  CHECKEQ(sys::close(p.wakefd), 0);
#endif
}
// The pipe that wakes has a reading end, which nobody closes.
void openagain(long long r) {
  if (r < 0) open();
  shut(0);
}
long long doopen() { return sys::pollopen(p, sys::pollkind::standard); }
void watch() {
  fill();
  open();
}
void watching() {
  watch();
  CHECKEQ(sys::polladd(p, ends[1], 9), 0);
}
void unwatch(long long) { shut(0); }
// It is watched, or it is not: then it can be.
void addedornot(long long r) {
  if (r < 0) CHECKEQ(sys::polladd(p, ends[1], 9), 0);
  CHECK(sys::pollwait(p, ready, -1) >= 1);
  unwatch(r);
}
long long doadd() { return sys::polladd(p, ends[1], 9); }
long long dodel() { return sys::polldel(p, ends[1], 9); }
long long dowait() { return sys::pollwait(p, ready, -1) > 0 ? 1 : 0; }
long long dowaitlong() { return sys::pollwait(p, ready, 2 * kMs); }
long long dobreak() {
  sys::pollbreak(p);
  return 0;
}
// The wait ends for the break, long before its time.
void isbroken(long long r) {
  const std::int64_t t0 = sys::nanotime();
  CHECKEQ(sys::pollwait(p, ready, 60'000 * kMs), 0);
  CHECK(sys::nanotime() - t0 < 50'000 * kMs);
  shut(r);
}

int wakefd;
void wakeable() {
  fill();
  wakefd = static_cast<int>(sys::wakeopen());
  CHECK(wakefd >= 0);
}
void unwake(long long) { CHECKEQ(sys::close(wakefd), 0); }
long long dowaitone() { return sys::waitone(ends[1], false, wakefd, -1); }
long long dowaitnone() { return sys::waitone(ends[0], false, wakefd, 2 * kMs); }
void wake() {
  wakeable();
  sys::wakeone(wakefd);
}
long long dowaitwoken() {
  return sys::waitone(ends[0], false, wakefd, 60'000 * kMs);
}
long long dowakeone() {
  sys::wakeone(wakefd);
  return 0;
}
void iswoken(long long r) {
  const std::int64_t t0 = sys::nanotime();
  CHECKEQ(sys::waitone(ends[0], false, wakefd, 60'000 * kMs), 0);
  CHECK(sys::nanotime() - t0 < 50'000 * kMs);
  unwake(r);
}
long long dowakeopen() {
  const std::int64_t r = sys::wakeopen();
  wakefd = static_cast<int>(r);
  return r < 0 ? r : 1;
}
// The first one makes what all share, and is never closed.
void unwakefirst(long long r) {
  if (r < 0) CHECK((wakefd = static_cast<int>(sys::wakeopen())) >= 0);
  CHECKEQ(sys::close(wakefd), 0);
}
void wakeopentwice() {
  CHECK((wakefd = static_cast<int>(sys::wakeopen())) >= 0);
  CHECKEQ(sys::close(wakefd), 0);
}
void unwakeother(long long r) {
  if (r >= 0) CHECKEQ(sys::close(wakefd), 0);
}
long long doreadiness() { return sys::readiness(ends[1], ends[0]); }

}  // namespace

const injection kDescriptorInjections[] = {
    {"read", fill, doread, kLeave},
    {"write", fill, dowrite, kLeave},
    {"readnowait", fill, doreadnowait, kLeave},
    {"writenowait", fill, dowritenowait, kLeave},
    {"recvfrom", fill, dorecv, kLeave},
    {"sendto", fill, dosend, kLeave},
    {"close", kNone, doclose, kLeave},
    {"splice", fill, dosplice, kLeave},
    {"sendfile", fill, dosendfile, kLeave},
    {"copyrange", fill, docopy, kLeave},
    {"syscall6", fill, dosyscall, kLeave},
    {"accept", kNone, doaccept, hangup},
    {"pollopen", kNone, doopen, openagain},
    {"polladd", watch, doadd, addedornot},
    {"polldel", watching, dodel, unwatch},
    {"pollwait", watching, dowait, unwatch},
    {"pollwait_time", open, dowaitlong, shut},
    {"pollbreak", open, dobreak, isbroken},
    {"waitone", wakeable, dowaitone, unwake},
    {"waitone_time", wakeable, dowaitnone, unwake},
    {"waitone_woken", wake, dowaitwoken, unwake},
    {"wakeone", wakeable, dowakeone, iswoken},
    {"wakeopen", kNone, dowakeopen, unwakefirst},
    {"wakeopen_again", wakeopentwice, dowakeopen, unwakeother},
    {"readiness", fill, doreadiness, kLeave},
    {nullptr, kNone, nullptr, kLeave},
};
