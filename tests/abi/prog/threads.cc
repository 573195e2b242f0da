// tests/abi/prog/threads.cc - threads: creation, what they begin with, their end.
#include "sys/bsd/syscall.h"
#include "sys/io.h"
#include "tests/abi/prog/prog.h"

namespace {

void entry(void* arg) {
  auto& t = *static_cast<tester*>(arg);
  // At a call the stack is 16-byte aligned, so above the saved frame pointer and
  // the return address.
  CHECKEQ((frameaddress() + 2 * sizeof(void*)) % 16, 0U);
  const std::uintptr_t here = frameaddress();
  CHECK(here > reinterpret_cast<std::uintptr_t>(t.stack));
  CHECK(here < reinterpret_cast<std::uintptr_t>(t.stack) + kStack);
  CHECK(abi_self() == t.block);
  CHECKEQ(sys::gettid(), std::int64_t{t.tid.load()});
  t.fn(t);
}

struct request {
  tester* t;
  std::int64_t result;
};

void create(void* arg) {
  auto& r = *static_cast<request*>(arg);
  tester& t = *r.t;
  r.result = sys::newthread(t.stack + kStack, t.block, &t.tid, entry, r.t);
}

}  // namespace

std::int64_t start(tester& t, void (*fn)(tester&), void* arg) {
  t.fn = fn;
  t.arg = arg;
  t.block[0] = reinterpret_cast<std::uintptr_t>(t.block);
  t.stack = static_cast<char*>(sys::sysreserve(kStack));
  CHECK(t.stack != nullptr);
  std::uint64_t mask;
  sys::sigmask_all(&mask);
  request r{&t, 0};
  CHECKEQ(abi_keeps(create, &r), 0U);
  sys::sigmask_restore(&mask);
  t.result = r.result;
  if (t.result < 0) CHECKEQ(sys::sysfree(t.stack, kStack), 0);
  return t.result;
}

void join(tester& t) {
  while (t.tid.load() != 0) sys::usleep(500);
  CHECKEQ(sys::sysfree(t.stack, kStack), 0);
}

namespace {

constexpr std::uint32_t kNevermasked = 1U << 8 | 1U << 16;  // KILL, STOP

void masked(tester& t) {
  CHECKEQ(sys::getsigmask(), std::uint64_t{~kNevermasked});
  static_cast<std::atomic<std::uint32_t>*>(t.arg)->fetch_add(1);
}

void one(int, char**) {
  std::atomic<std::uint32_t> ran{0};
  tester t;
  sys::sigprocmask(sys::sigbit(SIGUSR2), nullptr);
  const std::int64_t id = start(t, masked, &ran);
  CHECK(id > 0);
  CHECKEQ(sys::getsigmask(), sys::sigbit(SIGUSR2));
  join(t);
  CHECKEQ(ran.load(), 1U);
  CHECK(sys::gettid() != id);
}

void many(int, char**) {
  constexpr int kMany = 20;
  static tester t[kMany];
  std::atomic<std::uint32_t> ran{0};
  for (tester& x : t) CHECK(start(x, masked, &ran) > 0);
  for (tester& x : t) join(x);
  CHECKEQ(ran.load(), std::uint32_t{kMany});
}

// The kernel refuses the first thread: the mask is as before, no stack is lost,
// and the next thread comes.
void refused(int, char**) {
  std::atomic<std::uint32_t> ran{0};
  tester t;
  sys::sigprocmask(sys::sigbit(SIGUSR1), nullptr);
  CHECKEQ(start(t, masked, &ran), -EAGAIN);
  CHECKEQ(sys::getsigmask(), sys::sigbit(SIGUSR1));
  CHECKEQ(t.tid.load(), 0U);
  CHECK(start(t, masked, &ran) > 0);
  join(t);
  CHECKEQ(ran.load(), 1U);
}

void masks(int, char**) {
  std::uint64_t old = 1;
  sys::sigprocmask(~std::uint64_t{0}, &old);
  CHECKEQ(old, 0U);
  CHECKEQ(sys::getsigmask(), std::uint64_t{~kNevermasked});
  sys::sigprocmask(sys::sigbit(SIGUSR1) | sys::sigbit(SIGUSR2), &old);
  CHECKEQ(old, std::uint64_t{~kNevermasked});
  CHECKEQ(sys::getsigmask(), sys::sigbit(SIGUSR1) | sys::sigbit(SIGUSR2));
  // Of one thread alone.
  tester t;
  CHECK(start(
            t, [](tester&) { sys::sigprocmask(0, nullptr); }, nullptr) > 0);
  join(t);
  CHECKEQ(sys::getsigmask(), sys::sigbit(SIGUSR1) | sys::sigbit(SIGUSR2));
  sys::sigprocmask(0, nullptr);
  CHECKEQ(sys::getsigmask(), 0U);
}

void memory(int, char**) {
  constexpr std::size_t kBytes = std::size_t{256} << 10;
  auto* const at = static_cast<volatile char*>(sys::sysreserve(kBytes));
  auto* const plain = const_cast<char*>(at);
  CHECK(at != nullptr);
  CHECKEQ(reinterpret_cast<std::uintptr_t>(plain) % sys::pagesize(), 0U);
  for (std::size_t i = 0; i < kBytes; i += 512) CHECKEQ(at[i], 0);
  at[5000] = 7;
  CHECKEQ(sys::sysunused(plain, kBytes), 0);
  CHECKEQ(at[5000], 0);
  at[5000] = 8;
  CHECKEQ(sys::sysprotectnone(plain + 16384, 16384), 0);
  CHECKEQ(at[5000], 8);
  // The kernel, too, is kept out of there.
  CHECKEQ(sys::write(1, plain + 16384, 1), -EFAULT);
  CHECKEQ(sys::sysguard(plain, 4096, 4096, 1), -EINVAL);
  CHECKEQ(sys::sysfree(plain, kBytes), 0);
  CHECK(sys::ncpu() == 2);
  sys::membarrier_init();
  sys::membarrier();
}

void clock(int, char**) {
  std::int64_t last = sys::nanotime();
  CHECK(last > 0);
  for (int i = 0; i < 20; i++) {
    const std::int64_t t = sys::nanotime();
    CHECK(t >= last);
    last = t;
  }
  sys::usleep(3000);
  CHECK(sys::nanotime() - last >= 3'000'000);
  CHECK(sys::nanotime() - last < 30'000'000'000);
  sys::osyield();
}

// Errors come back as they are, also from the highest of addresses.
void errors(int, char**) {
  CHECKEQ(sys::write(77, "x", 1), -EBADF);
  CHECKEQ(sys::write(1, nullptr, 1), -EFAULT);
  CHECKEQ(sys::tgkill(1, 0), -ESRCH);
}

// The seventh argument is on the stack, and no call of ours has any but 0 there: the
// bed must see this one, and end us.
void seventh(int, char**) {
  constexpr int kPaddedmmap = 197, kAnon = 0x1002;
  sys::syscall(kPaddedmmap, nullptr, 4096, 3, kAnon, -1, 0x123000, 0x777000, 0);
}

// A call that no kernel has: the bed must end us.
void nocall(int, char**) {
  const std::intptr_t args[6] = {};
  sys::syscall6(777, args);
}

}  // namespace

const scenario kThreads[] = {
    {"one", one},       {"many", many},     {"refused", refused},
    {"masks", masks},   {"memory", memory}, {"clock", clock},
    {"errors", errors}, {"nocall", nocall}, {"seventh", seventh},
    {nullptr, nullptr},
};
