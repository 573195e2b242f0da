// tests/abi/prog/signals.cc - handlers: where they run, what they see, and that
// nothing of what they interrupt has changed when they return.
#include "sys/bsd/file.h"
#include "sys/io.h"
#include "tests/abi/prog/prog.h"
#ifdef __aarch64__
#include "tests/abi/prog/trap_arm64.h"
#else
#include "tests/abi/prog/trap_x86.h"
#endif

namespace {

char* altlo;
std::atomic<std::uint32_t> seen{0};
std::atomic<std::uint32_t> stop{0};

bool onalt() {
  const std::uintptr_t here = frameaddress();
  const auto lo = reinterpret_cast<std::uintptr_t>(altlo);
  return here >= lo && here < lo + kAltbytes;
}

}  // namespace

void catching(void (*handler)(int, void*, void*), void (*injected)()) {
  sys::siginit(handler, injected);
  altlo = static_cast<char*>(sys::sysreserve(kAltbytes));
  CHECK(altlo != nullptr);
  CHECK(sys::getaltstack().lo == nullptr);
  CHECKEQ(sys::setaltstack({altlo, kAltbytes}), 0);
  CHECK(sys::getaltstack().lo == altlo);
  CHECKEQ(sys::getaltstack().bytes, kAltbytes);
}

namespace {

void install(int sig) {
  CHECKEQ(sys::setsig(sig, sys::ourdisp(), nullptr), 0);
  sys::sigdisp now;
  CHECKEQ(sys::getsig(sig, &now), 0);
  CHECK(sys::disp_isours(now));
  CHECK(sys::disp_onstack(now));
  CHECKEQ(now.mask & sys::sigbit(SIGUSR2), sys::sigbit(SIGUSR2));
}

// To the thread itself: on the alternate stack, others blocked, and sent by a
// thread to this thread.
void onraise(int sig, void* info, void* ctxt) {
  CHECKEQ(sig, SIGUSR1);
  CHECK(onalt());
  CHECKEQ((frameaddress() + 2 * sizeof(void*)) % 16, 0U);
  CHECK(sys::siginfo_fromuser(info));
  CHECKEQ(sys::sigctxt_mask(ctxt), sys::sigbit(SIGURG));
  CHECK((sys::getsigmask() & sys::sigbit(SIGUSR2)) != 0);
  CHECK((sys::getsigmask() & sys::sigbit(SIGSEGV)) == 0);
  CHECK(sys::setaltstack({}) < 0);  // not while we are on it
  CHECK(sys::sigctxt_sp(ctxt) > frameaddress() ||
        sys::sigctxt_sp(ctxt) < reinterpret_cast<std::uintptr_t>(altlo));
  seen.fetch_add(1);
}

void raised(int, char**) {
  catching(onraise, nullptr);
  install(SIGUSR1);
  sys::sigprocmask(sys::sigbit(SIGURG), nullptr);
  for (std::uint32_t i = 1; i <= 3; i++) {
    CHECKEQ(abi_keeps([](void*) { sys::raise(SIGUSR1); }, nullptr), 0U);
    CHECKEQ(seen.load(), i);
    CHECKEQ(sys::getsigmask(), sys::sigbit(SIGURG));
  }
  // Blocked: later, once.
  sys::sigprocmask(sys::sigbit(SIGURG) | sys::sigbit(SIGUSR1), nullptr);
  sys::raise(SIGUSR1);
  sys::raise(SIGUSR1);
  CHECKEQ(seen.load(), 3U);
  sys::sigprocmask(sys::sigbit(SIGURG), nullptr);
  CHECKEQ(seen.load(), 4U);
  // Ignored, and one that cannot be caught.
  CHECKEQ(sys::setsig(SIGUSR1, {sys::kSigign, 0, 0, 0}, nullptr), 0);
  sys::raise(SIGUSR1);
  CHECKEQ(seen.load(), 4U);
  CHECKEQ(sys::setsig(SIGKILL, sys::ourdisp(), nullptr), -EINVAL);
  CHECKEQ(sys::setaltstack({}), 0);
}

// A trap: every register is as before, and where the context says.
std::uintptr_t before[trap::kWords], after[trap::kWords];

void ontrap(int sig, void* info, void* ctxt) {
  CHECKEQ(sig, SIGTRAP);
  CHECK(onalt());
  CHECK(!sys::siginfo_fromuser(info));
  CHECKEQ(sys::sigctxt_pc(ctxt),
          reinterpret_cast<std::uintptr_t>(abi_trap_here) + trap::kPast);
  sys::regvalue regs[sys::kMaxRegs];
  const int n = sys::sigctxt_regs(ctxt, regs);
  CHECKEQ(n, trap::kRegs);
  // Each of the patterns is there, once.
  for (int i = 0; i < trap::kIntregs; i++) {
    int found = 0;
    for (int k = 0; k < n; k++) found += regs[k].value == before[i];
    CHECKEQ(found, 1);
  }
  trap::checkorder(regs, before);
  seen.fetch_add(1);
  trap::goon(ctxt);
  // The handler's own use of floating point is not seen below.
  trap::spoil();
}

void trapped(int, char**) {
  catching(ontrap, nullptr);
  install(SIGTRAP);
  for (int i = 0; i < trap::kWords; i++)
    before[i] = static_cast<std::uintptr_t>(0xa5a5a5a500ULL) * 3 +
                static_cast<std::uintptr_t>(i) * 0x01010101;
  before[trap::kFlagword] = trap::kFlags;
  abi_trap(before, after);
  CHECKEQ(seen.load(), 1U);
  for (int i = 0; i < trap::kWords; i++)
    if (i != trap::kFlagword) CHECKEQ(after[i] ^ before[i], 0U);
  CHECKEQ((after[trap::kFlagword] ^ before[trap::kFlagword]) & trap::kSeen, 0U);
}

// A fault becomes a call of sigpanic.
constexpr std::uintptr_t kNowhere = 0x18;
std::uintptr_t faultpc, faultsp;

void onfault(int sig, void* info, void* ctxt) {
  CHECK(sig == SIGSEGV || sig == SIGBUS);
  CHECK(onalt());
  CHECK(!sys::siginfo_fromuser(info));
  CHECKEQ(sys::siginfo_addr(info), kNowhere);
  CHECKEQ(sys::siginfo_code(info), 1);
  faultpc = sys::sigctxt_pc(ctxt);
  faultsp = sys::sigctxt_sp(ctxt);
  CHECK(!sys::sigctxt_inject(ctxt, faultsp - 100, 200));
  CHECK(sys::sigctxt_inject(ctxt, faultsp - 4096, 1024));
}

}  // namespace

void abi_onpanic() {
  CHECKEQ((frameaddress() + 2 * sizeof(void*)) % 16, 0U);
  CHECK(!onalt());
  CHECK(frameaddress() < faultsp);
  const auto* const words = panicwords(frameaddress());
  CHECKEQ(words[0], faultpc);
  CHECKEQ(words[1], faultsp);
  CHECKEQ(sys::getsigmask(), 0U);
  say("ok\n");
  sys::exitprocess(0);
}

namespace {

void faulted(int, char**) {
  catching(onfault, kOnpanic);
  install(SIGSEGV);
  install(SIGBUS);
  abi_badload(kNowhere);
  CHECK(!"the fault was passed over");
}

// Nobody catches it, or it is blocked: the end.
void uncaught(int, char**) { abi_badload(kNowhere); }

void blockedfault(int, char**) {
  catching(onfault, kOnpanic);
  install(SIGSEGV);
  sys::sigprocmask(sys::sigbit(SIGSEGV), nullptr);
  abi_badload(kNowhere);
}

// To a thread that computes, which must not notice.
void onkick(int sig, void* info, void*) {
  CHECKEQ(sig, SIGURG);
  CHECK(onalt());
  CHECK(sys::siginfo_fromuser(info));
  seen.fetch_add(1);
}

void spinner(tester& t) {
  altlo = static_cast<char*>(sys::sysreserve(kAltbytes));
  CHECKEQ(sys::setaltstack({altlo, kAltbytes}), 0);
  sys::sigprocmask(0, nullptr);
  static_cast<std::atomic<std::uint32_t>*>(t.arg)->store(1);
  t.result = static_cast<std::int64_t>(abi_spin(&stop));
  CHECKEQ(t.result, 0);
  CHECKEQ(sys::setaltstack({}), 0);
  CHECKEQ(sys::sysfree(altlo, kAltbytes), 0);
}

void kicked(int, char**) {
  sys::siginit(onkick, nullptr);
  install(SIGURG);
  tester t;
  std::atomic<std::uint32_t> ready{0};
  const std::int64_t id = start(t, spinner, &ready);
  CHECK(id > 0);
  while (ready.load() == 0) sys::usleep(200);
  for (std::uint32_t i = 1; i <= 10; i++) {
    CHECKEQ(sys::tgkill(t.tid.load(), SIGURG), 0);
    while (seen.load() < i) sys::usleep(200);
  }
  stop.store(1);
  join(t);
  // Where the thread says itself that it has ended it has a few instructions left.
  std::int64_t r;
  while ((r = sys::tgkill(id, 0)) == 0) sys::usleep(200);
  CHECKEQ(r, -ESRCH);
}

// A write that nobody can read any more: which one, the context says.
int brokenfd;

void onpipe(int sig, void*, void* ctxt) {
  CHECKEQ(sig, SIGPIPE);
  CHECKEQ(sys::sigctxt_writefd(ctxt), brokenfd);
  seen.fetch_add(1);
}

void brokenpipe(int, char**) {
  catching(onpipe, nullptr);
  install(SIGPIPE);
  int ends[2];
  CHECKEQ(sys::pipenowait(ends), 0);
  brokenfd = ends[1];
  CHECKEQ(sys::close(ends[0]), 0);
  CHECKEQ(sys::write(ends[1], "x", 1), -EPIPE);
  CHECKEQ(seen.load(), 1U);
  brokenfd = -1;  // a signal that somebody sends
  sys::raise(SIGPIPE);
  CHECKEQ(seen.load(), 2U);
}

// A signal for the whole process, and one that ends it.
void killed(int, char**) {
  CHECKEQ(sys::kill(sys::getpid(), 15), 0);
  CHECK(!"still here");
}

// Another's handler, kept and called.
std::atomic<std::uint32_t> theirs{0};

void their(int sig) {
  CHECKEQ(sig, SIGUSR2);
  CHECK((sys::getsigmask() & sys::sigbit(SIGURG)) != 0);
  theirs.fetch_add(1);
}

sys::sigdisp kept;

void onforward(int sig, void* info, void* ctxt) {
  sys::disp_forward(kept, sig, info, ctxt);
  CHECKEQ(theirs.load(), 1U);
}

void forwarded(int, char**) {
  catching(onforward, nullptr);
  const sys::sigdisp other{reinterpret_cast<std::uintptr_t>(&their), 0, 0,
                           sys::sigbit(SIGURG)};
  CHECKEQ(sys::setsig(SIGUSR2, other, nullptr), 0);
  CHECKEQ(sys::setsig(SIGUSR2, sys::ourdisp(), &kept), 0);
  CHECKEQ(kept.handler, other.handler);
  CHECKEQ(kept.mask, other.mask);
  CHECK(!sys::disp_isours(kept));
  sys::raise(SIGUSR2);
  CHECKEQ(theirs.load(), 1U);
}

}  // namespace

const scenario kSignalcases[] = {
    {"raised", raised},
    {"trapped", trapped},
    {"faulted", faulted},
    {"uncaught", uncaught},
    {"blockedfault", blockedfault},
    {"kicked", kicked},
    {"killed", killed},
    {"brokenpipe", brokenpipe},
    {"forwarded", forwarded},
    {nullptr, nullptr},
};
