// tests/dump_test.cc - debug::dump_goroutines and debug::stack.
//
// While others change everything: dump_race_test.cc. Cycles of goroutines that
// wait for each other: deadlock_cycle_test.cc.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "burrow/burrow.h"
#include "runtime/diag/symbolize.h"
#include "runtime/sched/dump.h"
#include "runtime/sched/sched.h"
#include "runtime/signal/ask.h"
#include "tests/support/dumptest.h"
#include "tests/support/gotest.h"

using namespace std::chrono_literals;
using namespace burrow::testsupport;

// Not in burrow: what stands there is left out of traces.
namespace prog {

using namespace burrow;

[[gnu::noinline]] void here() { asm volatile(""); }

// Whether this program's functions can be named.
bool named() {
  const auto frames =
      rt::symbolize(reinterpret_cast<std::uintptr_t>(&here) + 1);
  return !frames.empty() && frames.back().function == "prog::here()";
}

void waiter(const chan<int>& c, const char* name) {
  go(go_options{.name = name}, [c] { c.recv(); });
}

[[gnu::noinline]] void bygo(chan<int> c) { waiter(c, "bygo"); }
[[gnu::noinline]] void bycopy(chan<int>* c) {
  go([c] { c->recv(); });
}
[[gnu::noinline]] void byasync(chan<int> c) {
  (void)async([c] {
    bygo(c);
    c.recv();
  });
}
[[gnu::noinline]] void bywaitgroup(chan<int>* c, wait_group* wg) {
  wg->go([c] { c->recv(); });
}
[[gnu::noinline]] void byerrorgroup(chan<int>* c, error_group* group) {
  group->go([c] { c->recv(); });
}
[[gnu::noinline]] void bytimer(chan<int>* c) {
  after_func(0ms, [c] { c->recv(); });
}
[[gnu::noinline]] void bycontext(chan<int>* c, const context& ctx) {
  after_func(ctx, [c] { c->recv(); });
}

}  // namespace prog

namespace burrow {
namespace {

// age makes every parked goroutine's wait `by` longer, as far as it shows.
void age(std::chrono::nanoseconds by) {
  static std::int64_t ns;
  ns = by.count();
  rt::foreachg([](rt::g* gp, void*) { gp->waitsince -= ns; }, nullptr);
}

std::int64_t nowns() {
  return std::chrono::nanoseconds(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

GO_TEST(Dump, CallerComesFirstAndTheOthersByNumber) {
  auto c = make_chan<int>();
  for (int i = 0; i < 20; ++i) prog::waiter(c, "w");
  const std::string text = dumped();
  EXPECT_TRUE(text.starts_with("goroutine " + std::to_string(goid()) +
                               " [running]:\n"
                               "burrow::debug::dump_goroutines(int)\n\t"))
      << text;
  const std::regex header("(^|\n)goroutine ([0-9]+) [^\n]*\\]:\n");
  std::vector<std::uint64_t> ids;
  for (std::sregex_iterator at(text.begin(), text.end(), header), end;
       at != end; ++at)
    ids.push_back(std::stoull((*at)[2]));
  EXPECT_EQ(ids.size(), 21u) << text;
  EXPECT_TRUE(std::is_sorted(ids.begin() + 1, ids.end())) << text;
  c.close();
  await_others();
}

GO_TEST(Dump, EveryKindOfWaitHasItsName) {
  struct objects {
    chan<int> c = make_chan<int>(), full = make_chan<int>(),
              quiet = make_chan<int>();
    mutex mu;
    rw_mutex rw;
    wait_group wg;
    cond cv;
    semaphore sem{0};
    once first;
    error_group group;
  };
  // Outlives the run, with what is parked in it.
  objects& o = *new objects;
  o.rw.lock();
  o.wg.add(1);
  future<int> f = async([&o] { return o.c.recv().value_or(0); });
  const std::vector<std::pair<std::string, std::function<void()>>> waits = {
      {"chan receive", [&o] { o.c.recv(); }},
      {"chan send", [&o] { o.full.send(1); }},
      {"chan receive (nil chan)", [] { chan<int>().recv(); }},
      {"chan send (nil chan)", [] { chan<int>().send(1); }},
      {"select",
       [&o] { select(recv(o.c, [](auto) {}), recv(o.quiet, [](auto) {})); }},
      {"select (no cases)", [] { select(); }},
      {"sleep", [] { sleep_for(1h); }},
      {"sync.RWMutex.RLock", [&o] { o.rw.lock_shared(); }},
      {"sync.RWMutex.Lock", [&o] { o.rw.lock(); }},
      {"sync.WaitGroup.Wait", [&o] { o.wg.wait(); }},
      {"semacquire", [&o] { o.sem.acquire(); }},
      {"sync.Once.Do", [&o] { o.first.call([] {}); }},
      {"future", [&f] { f.wait(); }},
      {"errgroup.Group.Wait", [&o] { o.group.wait(); }},
      {"sync.Mutex.Lock", [&o] { o.mu.lock(); }},
  };
  go(go_options{.name = "first"},
     [&o] { o.first.call([] { sleep_for(1h); }); });
  await_dump("\"first\" \\[sleep\\]");
  o.group.go([&o] { o.c.recv(); });
  go(go_options{.name = "sync.Cond.Wait"}, [&o] {
    o.mu.lock();
    o.cv.wait(o.mu);
  });
  await_dump("\"sync.Cond.Wait\" \\[sync.Cond.Wait\\]");
  o.mu.lock();
  for (const auto& [name, wait] : waits)
    go(go_options{.name = name}, [wait = wait] { wait(); });
  for (const auto& [name, wait] : waits) {
    const std::string state = "\"" + name + "\" [" + name + "]:\n";
    int tries = 0;
    while (!has(dumped(), state) && ++tries < 500) yield();
    EXPECT_LT(tries, 500) << state << dumped();
  }
}

GO_TEST(Dump, WaitsAreShownInWholeMinutes) {
  auto c = make_chan<int>();
  prog::waiter(c, "old");
  await_dump("\"old\" \\[chan receive\\]:\n");
  age(40s);  // and what a slow machine takes
  EXPECT_TRUE(has(dumped(), "\"old\" [chan receive]:\n"));
  age(21s);
  EXPECT_TRUE(has(dumped(), "\"old\" [chan receive, 1 minutes]:\n"));
  age(2min);
  prog::waiter(c, "new");
  const std::string text = await_dump("\"new\" \\[chan receive\\]:\n");
  EXPECT_TRUE(has(text, "\"old\" [chan receive, 3 minutes]:\n")) << text;
  c.close();
  await_others();
}

// An old clock would make the wait seem longer than it is by the idle time.
GO_TEST(Dump, AWaitAfterAnIdleTimeBeginsWhenItBegins) {
  bool right = false;
  for (int i = 0; i < 20 && !right; ++i) {
    const std::int64_t before = nowns();
    sleep_for(50ms);
    auto c = make_chan<int>();
    prog::waiter(c, "late");
    await_dump("\"late\" \\[chan receive\\]:\n");
    static std::int64_t since;
    rt::foreachg(
        [](rt::g* gp, void*) {
          if (gp->name != nullptr && std::string(gp->name) == "late")
            since = gp->waitsince;
        },
        nullptr);
    right = since >= before + 45'000'000 && since <= nowns();
    c.close();
    await_others();
  }
  EXPECT_TRUE(right);
}

GO_TEST(Dump, SaysWhoCreatedEachGoroutine) {
  if (!prog::named()) GTEST_SKIP() << "no symbols";
  auto c = make_chan<int>();
  wait_group wg;
  error_group group;
  auto [ctx, cancel] = with_cancel(background());
  prog::bygo(c);
  prog::bycopy(&c);
  prog::byasync(c);
  prog::bywaitgroup(&c, &wg);
  prog::byerrorgroup(&c, &group);
  prog::bytimer(&c);
  prog::bycontext(&c, ctx);
  cancel();
  std::thread([c] { prog::bycopy(new chan<int>(c)); }).join();
  while (num_goroutine() < 10) yield();
  const std::string text = dumped();
  const std::string me = " in goroutine " + std::to_string(goid()) + "\n\t";
  for (const char* by :
       {"waiter(burrow::chan<int> const&, char const*)",
        "bycopy(burrow::chan<int>*)", "byasync(burrow::chan<int>)",
        "bywaitgroup(burrow::chan<int>*, burrow::wait_group*)",
        "byerrorgroup(burrow::chan<int>*, burrow::error_group*)",
        "bytimer(burrow::chan<int>*)",
        "bycontext(burrow::chan<int>*, burrow::context const&)"}) {
    EXPECT_TRUE(has(text, std::string("\ncreated by prog::") + by + me))
        << by << "\n"
        << text;
  }
  EXPECT_TRUE(has(text, "\ncreated by prog::bycopy(burrow::chan<int>*)\n\t"))
      << text;
  c.close();
  wg.wait();
  group.wait();
  await_others();
}

GO_TEST(Dump, NamesAndLocksAreInTheHeader) {
  auto c = make_chan<int>();
  go(go_options{.name = "locked"}, [c] {
    lock_os_thread();
    c.recv();
    unlock_os_thread();
  });
  await_dump(
      "\ngoroutine [0-9]+ \"locked\" \\[chan receive, locked to thread\\]:\n");
  c.close();
  await_others();
}

TEST(Dump, NotStartedAndRunnable) {
  run(
      [] {
        std::atomic<bool> started{false}, end{false};
        go(go_options{.name = "yields"}, [&] {
          started = true;
          while (!end) yield();
        });
        while (!started) yield();
        go(go_options{.name = "new"}, [] {});
        const std::string text = dumped();
        EXPECT_TRUE(has(entry(text, "new"), "[runnable]:\n\tnot started\n"))
            << text;
        EXPECT_TRUE(has(entry(text, "yields"), "[runnable]:\n")) << text;
        EXPECT_FALSE(has(entry(text, "yields"), "not started")) << text;
        end = true;
        await_others();
      },
      {.maxprocs = 1});
}

TEST(Dump, OutsideARunThereIsNothing) {
  EXPECT_EQ(dumped(), "no goroutines: no burrow::run is on\n");
  run([] {});
  EXPECT_EQ(dumped(), "no goroutines: no burrow::run is on\n");
}

GO_TEST(Dump, ByAThreadThatIsNotBurrows) {
  auto c = make_chan<int>();
  prog::waiter(c, "parked");
  await_dump("\"parked\" \\[chan receive\\]:\n");
  std::string text;
  std::thread([&text] { text = dumped(); }).join();
  // It is asked by a signal where it is: in the join.
  const std::string me = "\ngoroutine " + std::to_string(goid());
  EXPECT_TRUE(has(text, me + " [running]:\n")) << text;
  EXPECT_FALSE(has(text, "unavailable")) << text;
  EXPECT_TRUE(has(entry(text, "parked"), "recv() const\n")) << text;
  c.close();
  await_others();
}

// The hook gives a running goroutine's trace, here that of the hook's own.
GO_TEST(Dump, AsksTheHookForRunningGoroutines) {
  static std::atomic<bool> in, out;
  in = out = false;
  go(go_options{.name = "hog"}, [] {
    in = true;
    while (!out.load(std::memory_order_relaxed)) {
    }
  });
  while (!in) yield();
  rt::set_tracerunning([](rt::m*, std::uintptr_t* pcs, int, int& n) noexcept {
    pcs[0] = reinterpret_cast<std::uintptr_t>(&prog::here) + 1;
    n = 1;
    return true;
  });
  const std::string text = dumped();
  rt::set_tracerunning(rt::asktrace);
  EXPECT_FALSE(has(entry(text, "hog"), "stack unavailable")) << text;
  if (prog::named()) {
    EXPECT_TRUE(has(entry(text, "hog"), " [running]:\nprog::here()\n")) << text;
  }
  out = true;
  await_others();
}

// asked asks mp, whose thread is deaf, for its trace, and calls then(number of the
// question) meanwhile. Returns whether it came to that in time.
bool asked(rt::m* mp, const std::function<void(std::uint32_t)>& then) {
  std::atomic<bool> over{false};
  std::thread asker([mp, &over] {
    std::uintptr_t pcs[8];
    int n = 0;
    EXPECT_FALSE(rt::asktrace(mp, pcs, 8, n));
    over = true;
  });
  std::uint32_t question = 0;
  while ((question = mp->sigtrace) == 0 && !over) usleep(100);
  if (question != 0) then(question);
  asker.join();
  EXPECT_EQ(mp->sigtrace, 0u);
  return question != 0;
}

// Two that do not answer in time; then the first one's handler comes at last.
GO_TEST(Dump, WhoAnswersLateDoesNotAnswerForAnother) {
  static rt::m first, second;
  first.tid = second.tid = 0;
  std::atomic<bool> end{false};
  std::thread deaf([&end] {
    sigset_t urg;
    sigemptyset(&urg);
    sigaddset(&urg, SIGURG);
    pthread_sigmask(SIG_BLOCK, &urg, nullptr);
    first.tid = second.tid = gettid();
    while (!end) usleep(1000);
  });
  while (second.tid == 0) usleep(100);
  std::uint32_t question = 0;
  while (!asked(&first, [&question](std::uint32_t x) { question = x; })) {
  }
  const auto late = [&question](std::uint32_t) {
    first.sigtrace = question;  // as its handler has read it
    EXPECT_FALSE(rt::answer(&first, nullptr));
    first.sigtrace = 0;
  };
  while (!asked(&second, late)) {
  }
  end = true;
  deaf.join();
}

GO_TEST(Dump, LeavesNothingOnTheStacks) {
  auto c = make_chan<int>();
  go(go_options{.name = "small", .stack_size = 16384}, [c] { c.recv(); });
  const std::string first =
      entry(await_dump("\"small\" \\[chan receive\\]:\n"), "small");
  std::string last;
  for (int i = 0; i < 300; ++i) last = dumped();
  EXPECT_EQ(entry(last, "small"), first);
  c.close();
  await_others();
}

GO_TEST(Stack, IsTheCallersAlone) {
  std::string text;
  wait_group wg;
  go(go_options{.name = "me"}, [&] {
    lock_os_thread();
    text = "id " + std::to_string(goid()) + "\n" + debug::stack();
    wg.done();
  });
  wg.add(1);
  wg.wait();
  EXPECT_TRUE(like(text,
                   "^id ([0-9]+)\ngoroutine \\1 \"me\" \\[running, locked to "
                   "thread\\]:\nburrow::debug::stack[^\n]*\n\t(.|\n)*\ncreated "
                   "by [^\n]* in goroutine [0-9]+\n\t[^\n]*\n$"))
      << text;
}

TEST(Stack, OutsideARunIsTheThreads) {
  EXPECT_TRUE(debug::stack().starts_with("goroutine 0 [running]:\n"));
}

}  // namespace
}  // namespace burrow
