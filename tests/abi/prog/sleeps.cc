// tests/abi/prog/sleeps.cc - parking: words to sleep on, those who wake, time-outs.
#include "tests/abi/prog/prog.h"

namespace {

constexpr std::int64_t kMs = 1'000'000;

void futex(int, char**) {
  std::atomic<std::uint32_t> word{5};
  CHECKEQ(sys::futexsleep(&word, 4, -1), -EAGAIN);
  const std::int64_t t0 = sys::nanotime();
  CHECKEQ(sys::futexsleep(&word, 5, 4 * kMs), -ETIMEDOUT);
  CHECK(sys::nanotime() - t0 >= 4 * kMs);
  CHECKEQ(sys::futexwakeup(&word, 1), 0);
}

// Two threads in turn: no wake-up is lost, on a word each.
struct table {
  std::atomic<std::uint32_t> ping{0}, pong{0};
};
constexpr std::uint32_t kTurns = 100;

void wait(std::atomic<std::uint32_t>& word, std::uint32_t until) {
  for (std::uint32_t v; (v = word.load()) < until;) {
    const std::int64_t r = sys::futexsleep(&word, v, -1);
    CHECK(r == 0 || r == -EAGAIN || r == -EINTR);
  }
}

void ponger(tester& t) {
  auto& x = *static_cast<table*>(t.arg);
  for (std::uint32_t i = 1; i <= kTurns; i++) {
    wait(x.ping, i);
    x.pong.store(i);
    sys::futexwakeup(&x.pong, 1);
  }
}

void pingpong(int, char**) {
  table x;
  tester t;
  CHECK(start(t, ponger, &x) > 0);
  for (std::uint32_t i = 1; i <= kTurns; i++) {
    x.ping.store(i);
    sys::futexwakeup(&x.ping, 1);
    wait(x.pong, i);
  }
  join(t);
}

// One of three sleepers, then the rest.
struct crowd {
  std::atomic<std::uint32_t> word{0}, asleep{0}, up{0};
};

void sleeper(tester& t) {
  auto& c = *static_cast<crowd*>(t.arg);
  c.asleep.fetch_add(1);
  while (sys::futexsleep(&c.word, 0, -1) == -EINTR) {
  }
  c.up.fetch_add(1);
}

void wakeall(int, char**) {
  static tester t[3];
  crowd c;
  for (tester& x : t) CHECK(start(x, sleeper, &c) > 0);
  while (c.asleep.load() < 3) sys::usleep(500);
  sys::usleep(20'000);
  CHECKEQ(sys::futexwakeup(&c.word, 1), 1);
  while (c.up.load() < 1) sys::usleep(500);
  sys::usleep(5000);
  CHECKEQ(c.up.load(), 1U);
  c.word.store(1);
  CHECK(sys::futexwakeup(&c.word, ~std::uint32_t{0}) > 0);
  for (tester& x : t) join(x);
  CHECKEQ(c.up.load(), 3U);
}

// A signal ends a sleep, or lets it go on; the sleeper must be able to tell. One that
// comes before the sleep ends nothing: so there are more, until it has ended.
std::atomic<std::uint32_t> handled{0}, ended{0};

void interrupted(int, char**) {
  catching([](int, void*, void*) { handled.fetch_add(1); }, nullptr);
  CHECKEQ(sys::setsig(SIGUSR1, sys::ourdisp(), nullptr), 0);
  std::atomic<std::uint32_t> word{0};
  tester t;
  static std::int64_t sleeping;
  sleeping = sys::gettid();
  CHECK(start(
            t,
            [](tester&) {
              do {
                sys::usleep(10'000);
                CHECKEQ(sys::tgkill(sleeping, SIGUSR1), 0);
              } while (ended.load() == 0);
            },
            nullptr) > 0);
  const std::int64_t r = sys::futexsleep(&word, 0, 20'000 * kMs);
  ended.store(1);
  if (r != -ECANCELED) CHECKEQ(r, -EINTR);
  CHECK(handled.load() > 0);
  join(t);
}

}  // namespace

const scenario kSleeps[] = {
    {"futex", futex},     {"pingpong", pingpong},
    {"wakeall", wakeall}, {"interrupted", interrupted},
    {nullptr, nullptr},
};
