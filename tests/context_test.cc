// tests/context_test.cc - contexts and the error category.

#include "burrow/context.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/context/node.h"
#include "runtime/sched/timerhooks.h"
#include "runtime/time/timers.h"
#include "tests/support/gotest.h"

namespace {

using namespace std::chrono_literals;
using burrow::background;
using burrow::context;
using burrow::errc;
using burrow::testsupport::await_others;
using steady = std::chrono::steady_clock;

bool isclosed(const burrow::recv_chan<burrow::unit>& c) {
  return burrow::detail::chan_access::get(c)->is(burrow::detail::kClosed);
}

void expectlive(const context& ctx) {
  EXPECT_EQ(ctx.err(), std::error_code());
  EXPECT_EQ(ctx.cause(), std::error_code());
  EXPECT_TRUE(!ctx.done() || !isclosed(ctx.done()));
}

void expectended(const context& ctx, std::error_code err,
                 std::error_code cause) {
  EXPECT_EQ(ctx.err(), err);
  EXPECT_EQ(ctx.cause(), cause);
  EXPECT_TRUE(isclosed(ctx.done()));
}

bool haschildren(const context& ctx) {
  return burrow::detail::context_access::canceler(ctx)->children != nullptr;
}

// ---- errors -----------------------------------------------------------------

TEST(Errc, NamesMessagesAndEquivalents) {
  EXPECT_STREQ(burrow::burrow_category().name(), "burrow");
  const std::error_code canceled = errc::canceled;
  const std::error_code late = errc::deadline_exceeded;
  const std::error_code closed = errc::closed;
  EXPECT_EQ(canceled.message(), "context canceled");
  EXPECT_EQ(late.message(), "context deadline exceeded");
  EXPECT_EQ(closed.message(), "use of closed file or network connection");
  EXPECT_TRUE(canceled == std::errc::operation_canceled);
  EXPECT_TRUE(late == std::errc::timed_out);
  EXPECT_TRUE(closed == std::errc::bad_file_descriptor);
  EXPECT_FALSE(canceled == std::errc::timed_out);
  EXPECT_TRUE(canceled == errc::canceled);
  EXPECT_FALSE(canceled == errc::closed);
  EXPECT_NE(std::error_code(99, burrow::burrow_category()).message(), "");
}

// ---- background -------------------------------------------------------------

TEST(Context, BackgroundIsNeverDone) {
  for (const context& ctx : {context(), background(), burrow::todo()}) {
    EXPECT_EQ(ctx.done(), burrow::recv_chan<burrow::unit>());
    expectlive(ctx);
    EXPECT_FALSE(ctx.deadline());
    EXPECT_FALSE(ctx.value<int>("k"));
    EXPECT_EQ(ctx, background());
  }
}

// ---- cancelling -------------------------------------------------------------

GO_TEST(Context, CancelEndsIt) {
  auto [ctx, cancel] = burrow::with_cancel(background());
  EXPECT_NE(ctx, background());
  expectlive(ctx);
  burrow::go([ctx = ctx, cancel = cancel] { cancel(); });
  ctx.done().recv();
  expectended(ctx, errc::canceled, errc::canceled);
  cancel();
  expectended(ctx, errc::canceled, errc::canceled);
  await_others();
}

TEST(Context, WorksOutsideARun) {
  auto [ctx, cancel] = burrow::with_cancel(background());
  auto [child, cancelchild] = burrow::with_cancel(ctx);
  bool ran = false;
  burrow::after_func(ctx, [&] { ran = true; });
  const auto done = child.done();
  EXPECT_FALSE(isclosed(done));
  cancel();
  EXPECT_TRUE(isclosed(done));
  expectended(child, errc::canceled, errc::canceled);
  EXPECT_FALSE(ran);
}

TEST(Context, DeadlinesOutsideARun) {
  EXPECT_THROW(burrow::with_timeout(background(), 1h), std::logic_error);
  auto [parent, cancel] = burrow::with_cancel(background());
  EXPECT_THROW(burrow::with_timeout(parent, 1h), std::logic_error);
  EXPECT_FALSE(haschildren(parent));
  auto late = burrow::with_timeout(parent, 0s).first;
  expectended(late, errc::deadline_exceeded, errc::deadline_exceeded);
}

GO_TEST(Context, DoneIsOneChannel) {
  auto [ctx, cancel] = burrow::with_cancel(background());
  burrow::wait_group wg;
  std::atomic<int> other{0};
  const auto first = ctx.done();
  for (int i = 0; i < 50; ++i) {
    wg.go([&, c = ctx] {
      if (c.done() != first) ++other;
    });
  }
  wg.wait();
  EXPECT_EQ(other, 0);
  EXPECT_EQ(burrow::with_value(ctx, 1, 2).done(), first);
  cancel();
  EXPECT_EQ(ctx.done(), first);
}

GO_TEST(Context, ChildrenEndWithTheirParentNotTheOtherWayRound) {
  auto [parent, cancelparent] = burrow::with_cancel(background());
  auto [a, cancela] = burrow::with_cancel(parent);
  auto [b, cancelb] = burrow::with_cancel(burrow::with_value(parent, 1, 1));
  auto grandchild = burrow::with_value(burrow::with_cancel(b).first, 2, 2);
  cancela();
  expectended(a, errc::canceled, errc::canceled);
  expectlive(parent);
  expectlive(b);
  expectlive(grandchild);
  cancelparent();
  expectended(parent, errc::canceled, errc::canceled);
  expectended(b, errc::canceled, errc::canceled);
  expectended(grandchild, errc::canceled, errc::canceled);
}

GO_TEST(Context, ChildOfAnEndedParentIsEndedAtOnce) {
  auto [parent, cancel] = burrow::with_cancel_cause(background());
  const std::error_code why = std::make_error_code(std::errc::io_error);
  cancel(why);
  expectended(burrow::with_cancel(parent).first, errc::canceled, why);
  expectended(burrow::with_timeout(parent, 1h).first, errc::canceled, why);
  expectended(burrow::with_timeout(parent, 0s).first, errc::canceled, why);
  auto late = burrow::with_timeout(background(), 0s).first;
  expectended(burrow::with_cancel(late).first, errc::deadline_exceeded,
              errc::deadline_exceeded);
}

GO_TEST(Context, CancelledChildLeavesItsParent) {
  auto [parent, cancelparent] = burrow::with_cancel(background());
  auto [a, cancela] = burrow::with_cancel(parent);
  auto [b, cancelb] = burrow::with_timeout(parent, 1h);
  EXPECT_TRUE(haschildren(parent));
  cancela();
  EXPECT_TRUE(haschildren(parent));
  cancelb();
  EXPECT_FALSE(haschildren(parent));
}

GO_TEST(Context, CancelFunctions) {
  auto [ctx, cancel] = burrow::with_cancel(background());
  const std::function<void()> f = cancel;
  { auto dropped = cancel; }
  cancel = {};
  EXPECT_FALSE(cancel);
  EXPECT_THROW(cancel(), burrow::panic_error);
  expectlive(ctx);
  std::thread t([&] { f(); });
  ctx.done().recv();
  t.join();
  EXPECT_THROW(burrow::cancel_cause_func()(), burrow::panic_error);
}

GO_TEST(Context, CancelInADefer) {
  context kept;
  {
    auto [ctx, cancel] = burrow::with_cancel(background());
    burrow::defer d{cancel};
    kept = ctx;
    expectlive(kept);
  }
  expectended(kept, errc::canceled, errc::canceled);
}

// ---- causes -----------------------------------------------------------------

GO_TEST(Context, CauseIsTheFirstOne) {
  const std::error_code one = std::make_error_code(std::errc::io_error);
  const std::error_code two = std::make_error_code(std::errc::broken_pipe);
  auto [ctx, cancel] = burrow::with_cancel_cause(background());
  cancel(one);
  cancel(two);
  expectended(ctx, errc::canceled, one);

  auto [none, cancelnone] = burrow::with_cancel_cause(background());
  cancelnone();
  expectended(none, errc::canceled, errc::canceled);
}

GO_TEST(Context, CausesInATree) {
  const std::error_code one = std::make_error_code(std::errc::io_error);
  const std::error_code two = std::make_error_code(std::errc::broken_pipe);
  auto [parent, cancelparent] = burrow::with_cancel_cause(background());
  auto [child, cancelchild] = burrow::with_cancel_cause(parent);
  auto [plain, cancelplain] = burrow::with_cancel(child);
  cancelchild(one);
  cancelparent(two);
  expectended(parent, errc::canceled, two);
  expectended(child, errc::canceled, one);
  expectended(plain, errc::canceled, one);
}

GO_TEST(Context, CauseOfATimeout) {
  const std::error_code why = std::make_error_code(std::errc::host_unreachable);
  auto [ctx, cancel] = burrow::with_timeout_cause(background(), 1ms, why);
  ctx.done().recv();
  expectended(ctx, errc::deadline_exceeded, why);
  auto [early, cancelearly] = burrow::with_timeout_cause(background(), 1h, why);
  cancelearly();
  expectended(early, errc::canceled, errc::canceled);
  const auto now = steady::now();
  expectended(burrow::with_deadline_cause(background(), now, why).first,
              errc::deadline_exceeded, why);
  await_others();
}

// ---- deadlines --------------------------------------------------------------

GO_TEST(Context, DeadlinePasses) {
  const auto t = steady::now() + 3ms;
  auto [ctx, cancel] = burrow::with_deadline(background(), t);
  auto child = burrow::with_cancel(burrow::with_value(ctx, 1, 1)).first;
  EXPECT_EQ(ctx.deadline(), t);
  EXPECT_EQ(child.deadline(), t);
  child.done().recv();
  EXPECT_GE(steady::now(), t);
  expectended(child, errc::deadline_exceeded, errc::deadline_exceeded);
  ctx.done().recv();
  expectended(ctx, errc::deadline_exceeded, errc::deadline_exceeded);
  cancel();
  expectended(ctx, errc::deadline_exceeded, errc::deadline_exceeded);
  await_others();
}

GO_TEST(Context, TheEarlierDeadlineCounts) {
  const auto now = steady::now();
  auto early = burrow::with_deadline(background(), now + 1h).first;
  EXPECT_EQ(burrow::with_deadline(early, now + 2h).first.deadline(), now + 1h);
  EXPECT_EQ(burrow::with_deadline(early, now + 1min).first.deadline(),
            now + 1min);
  auto [ctx, cancel] =
      burrow::with_timeout(burrow::with_timeout(background(), 2ms).first, 1h);
  ctx.done().recv();
  expectended(ctx, errc::deadline_exceeded, errc::deadline_exceeded);
  await_others();
}

GO_TEST(Context, PastAndAbsurdDeadlines) {
  for (const auto t :
       {steady::time_point(), steady::time_point::min(), steady::now()}) {
    expectended(burrow::with_deadline(background(), t).first,
                errc::deadline_exceeded, errc::deadline_exceeded);
  }
  expectended(burrow::with_timeout(background(), -1s).first,
              errc::deadline_exceeded, errc::deadline_exceeded);
  auto [ctx, cancel] =
      burrow::with_timeout(background(), std::chrono::hours::max());
  auto [max, cancelmax] =
      burrow::with_deadline(background(), steady::time_point::max());
  expectlive(ctx);
  expectlive(max);
  cancel();
  cancelmax();
  expectended(ctx, errc::canceled, errc::canceled);
}

GO_TEST(Context, CancellingStopsTheTimer) {
  const int before = burrow::num_goroutine();
  {
    std::vector<context> kept;
    for (int i = 0; i < 2000; ++i) {
      auto [ctx, cancel] = burrow::with_timeout(background(), 1h);
      cancel();
      kept.push_back(ctx);
    }
    EXPECT_LT(burrow::rt::mytimers()->len, 100u);
    // Dropping one does so, too.
    for (int i = 0; i < 2000; ++i) burrow::with_timeout(background(), 1h);
    EXPECT_LT(burrow::rt::mytimers()->len, 100u);
  }
  EXPECT_EQ(burrow::num_goroutine(), before);
}

// ---- values -----------------------------------------------------------------

struct key {
  int n;
  friend bool operator==(const key&, const key&) = default;
};
struct otherkey {
  int n;
  friend bool operator==(const otherkey&, const otherkey&) = default;
};

TEST(ContextValue, MatchedByTypeAndValueOfTheKey) {
  const context a = burrow::with_value(background(), key{1}, 10);
  const context b = burrow::with_value(a, otherkey{1}, 20);
  const context c = burrow::with_value(b, 1, std::string("thirty"));
  EXPECT_EQ(c.value<int>(key{1}), 10);
  EXPECT_EQ(c.value<int>(otherkey{1}), 20);
  EXPECT_EQ(c.value<std::string>(1), "thirty");
  EXPECT_EQ(c.value<int>(key{2}), std::nullopt);
  EXPECT_EQ(c.value<int>(1L), std::nullopt);
  EXPECT_EQ(a.value<int>(otherkey{1}), std::nullopt);
}

TEST(ContextValue, TheNearestCountsAndHidesOthers) {
  const context a = burrow::with_value(background(), 1, 10);
  const context b = burrow::with_value(a, 1, std::string("x"));
  EXPECT_EQ(a.value<int>(1), 10);
  EXPECT_EQ(b.value<std::string>(1), "x");
  EXPECT_EQ(b.value<int>(1), std::nullopt);  // of another type
}

TEST(ContextValue, TextKeysAreText) {
  char buffer[] = "user";
  const context ctx = burrow::with_value(background(), buffer, "ann");
  buffer[0] = 'X';
  EXPECT_EQ(ctx.value<std::string>("user"), "ann");
  EXPECT_EQ(ctx.value<std::string_view>(std::string("user")), "ann");
  EXPECT_STREQ(ctx.value<const char*>(std::string_view("user")).value(), "ann");
  EXPECT_FALSE(ctx.value<std::string>("Xser"));
}

GO_TEST(ContextValue, SeenThroughEveryKindOfContext) {
  auto v = burrow::with_value(background(), key{1}, 7);
  auto c = burrow::with_cancel(v).first;
  auto t = burrow::with_timeout(c, 1h).first;
  auto w = burrow::without_cancel(t);
  auto w2 = burrow::with_value(w, key{2}, 8);
  EXPECT_EQ(w2.value<int>(key{1}), 7);
  EXPECT_EQ(w2.value<int>(key{2}), 8);
}

TEST(ContextValue, AMillionDeep) {
  context ctx = burrow::with_value(background(), -1, 42);
  for (int i = 0; i < 1'000'000; ++i) ctx = burrow::with_value(ctx, i, i);
  EXPECT_EQ(ctx.value<int>(999'999), 999'999);
  EXPECT_EQ(ctx.value<int>(-1), 42);
  ctx = {};  // no recursion
}

GO_TEST(ContextValue, DestroyedWithTheLastContext) {
  auto live = std::make_shared<int>(3);
  const std::weak_ptr<int> weak = live;
  auto ctx = burrow::with_value(background(), 1, std::move(live));
  auto [child, cancel] = burrow::with_cancel(ctx);
  ctx = {};
  EXPECT_EQ(*child.value<std::shared_ptr<int>>(1).value(), 3);
  child = {};
  EXPECT_FALSE(weak.expired());  // cancel still has it
  cancel = {};
  EXPECT_TRUE(weak.expired());
}

// ---- without_cancel, after_func ---------------------------------------------

GO_TEST(Context, WithoutCancel) {
  auto [ctx, cancel] =
      burrow::with_timeout(burrow::with_value(background(), 1, 2), 1h);
  auto free = burrow::without_cancel(ctx);
  auto [below, cancelbelow] = burrow::with_cancel(free);
  cancel();
  EXPECT_FALSE(free.done());
  EXPECT_FALSE(free.deadline());
  expectlive(free);
  expectlive(below);
  EXPECT_EQ(below.value<int>(1), 2);
  cancelbelow();
  expectended(below, errc::canceled, errc::canceled);
}

GO_TEST(ContextAfterFunc, RunsOnceWhenCancelled) {
  auto [ctx, cancel] = burrow::with_cancel(background());
  auto id = burrow::make_chan<std::uint64_t>(2);
  auto stop = burrow::after_func(burrow::with_value(ctx, 1, 1),
                                 [id] { id.send(burrow::goid()); });
  EXPECT_EQ(id.len(), 0u);
  cancel();
  cancel();
  EXPECT_NE(id.recv().value(), burrow::goid());
  EXPECT_FALSE(stop());
  burrow::yield();
  EXPECT_EQ(id.len(), 0u);
  await_others();
}

GO_TEST(ContextAfterFunc, RunsAtOnceIfAlreadyCancelled) {
  auto [ctx, cancel] = burrow::with_cancel(background());
  cancel();
  auto ran = burrow::make_chan<burrow::unit>();
  auto stop = burrow::after_func(ctx, [ran] { ran.close(); });
  ran.recv();
  EXPECT_FALSE(stop());
  await_others();
}

GO_TEST(ContextAfterFunc, Stop) {
  auto [ctx, cancel] = burrow::with_cancel(background());
  std::atomic<bool> ran{false};
  auto live = std::make_shared<int>();
  const std::weak_ptr<int> weak = live;
  auto stop = burrow::after_func(
      ctx, [&ran, live = std::move(live)] { ran = *live == 0; });
  auto copy = stop;
  EXPECT_TRUE(stop());
  EXPECT_FALSE(copy());
  EXPECT_FALSE(haschildren(ctx));
  stop = copy = {};
  EXPECT_TRUE(weak.expired());
  cancel();
  burrow::yield();
  EXPECT_FALSE(ran);
  EXPECT_FALSE(burrow::after_func_stop()());
}

GO_TEST(ContextAfterFunc, OfTheBackgroundNeverRuns) {
  auto live = std::make_shared<int>();
  const std::weak_ptr<int> weak = live;
  {
    auto stop = burrow::after_func(background(), [live] { (void)*live; });
    live = nullptr;
    EXPECT_TRUE(stop());
    EXPECT_FALSE(stop());
  }
  EXPECT_TRUE(weak.expired());
}

GO_TEST(ContextAfterFunc, DroppingStopAndContextsDoesNotStopIt) {
  auto ran = burrow::make_chan<burrow::unit>();
  {
    auto [ctx, cancel] = burrow::with_cancel(background());
    burrow::after_func(ctx, [ran] { ran.close(); });
    cancel();
  }
  ran.recv();
  auto late = burrow::make_chan<burrow::unit>();
  burrow::after_func(burrow::with_timeout(background(), 1ms).first,
                     [late] { late.close(); });
  late.recv();
  await_others();
}

GO_TEST(ContextAfterFunc, StopReturnsTrueExactlyIfItDoesNotRun) {
  for (int i = 0; i < 1000; ++i) {
    auto [ctx, cancel] = burrow::with_cancel(background());
    auto ran = burrow::make_chan<burrow::unit>(1);
    auto stop = burrow::after_func(ctx, [ran] { ran.send({}); });
    burrow::go([cancel = cancel] { cancel(); });
    for (int k = i % 4; k > 0; --k) burrow::yield();
    if (stop()) {
      ctx.done().recv();
      burrow::yield();
      ASSERT_EQ(ran.len(), 0u);
    } else {
      ran.recv();
    }
  }
  await_others();
}

// ---- lifetime ---------------------------------------------------------------

GO_TEST(Context, DoneOutlivesItsContexts) {
  burrow::with_timeout(background(), 1ms).first.done().recv();
  burrow::with_cancel(burrow::with_timeout(background(), 1ms).first)
      .first.done()
      .recv();
  auto [parent, cancel] = burrow::with_cancel(background());
  const auto done = burrow::with_cancel(parent).first.done();
  const auto deep =
      burrow::with_cancel(burrow::with_cancel(parent).first).first.done();
  EXPECT_FALSE(isclosed(done));
  cancel();
  EXPECT_TRUE(isclosed(done));
  EXPECT_TRUE(isclosed(deep));
  await_others();
}

GO_TEST(Context, DroppedChildrenFreeWhatTheyHave) {
  auto [parent, cancel] = burrow::with_cancel(background());
  std::vector<std::weak_ptr<int>> weak;
  {
    std::vector<context> kept;
    for (int i = 0; i < 10'000; ++i) {
      auto live = std::make_shared<int>(i);
      weak.push_back(live);
      auto child = burrow::with_cancel(burrow::with_value(parent, 1, live));
      if (i % 3 == 0) child.first.done();  // asked for, but nobody has it
      if (i % 5 == 0) child.first = burrow::with_cancel(child.first).first;
      kept.push_back(child.first);
    }
    EXPECT_TRUE(haschildren(parent));
  }
  EXPECT_FALSE(haschildren(parent));
  for (const auto& w : weak) ASSERT_TRUE(w.expired());
  expectlive(parent);
}

// Nothing can cancel these any more, so nothing keeps them.
GO_TEST(Context, UnreachableTreesAreFreed) {
  auto live = std::make_shared<int>();
  const std::weak_ptr<int> weak = live;
  burrow::recv_chan<burrow::unit> done;
  {
    auto root = burrow::with_cancel(burrow::with_value(background(), 1, 1));
    auto child = burrow::with_cancel(root.first);
    auto grandchild = burrow::with_cancel(child.first);
    done = grandchild.first.done();
    burrow::after_func(grandchild.first, [live = std::move(live)] {});
  }
  EXPECT_TRUE(weak.expired());
  EXPECT_FALSE(isclosed(done));
}

GO_TEST(Context, TenThousandChildrenLeaveNoGoroutineBehind) {
  const int before = burrow::num_goroutine();
  auto [parent, cancel] = burrow::with_cancel(background());
  std::vector<context> children;
  for (int i = 0; i < 10'000; ++i) {
    children.push_back(i % 2 == 0 ? burrow::with_cancel(parent).first
                                  : burrow::with_timeout(parent, 1h).first);
  }
  EXPECT_EQ(burrow::num_goroutine(), before);
  cancel();
  for (const context& c : children)
    expectended(c, errc::canceled, errc::canceled);
  EXPECT_EQ(burrow::num_goroutine(), before);
}

GO_TEST(Context, AHundredThousandDeep) {
  auto [root, cancel] = burrow::with_cancel(background());
  context ctx = root;
  for (int i = 0; i < 100'000; ++i) ctx = burrow::with_cancel(ctx).first;
  const auto done = ctx.done();
  cancel();  // no recursion
  EXPECT_TRUE(isclosed(done));
  ctx = {};

  context other = burrow::with_cancel(background()).first;
  for (int i = 0; i < 100'000; ++i) other = burrow::with_cancel(other).first;
  const auto kept = other.done();
  other = {};  // here neither, and nothing is left to close it
  EXPECT_FALSE(isclosed(kept));
}

// ---- races ------------------------------------------------------------------

GO_TEST(Context, SimultaneousCancels) {
  auto [root, cancelroot] = burrow::with_cancel(background());
  std::vector<std::pair<context, burrow::cancel_func>> all{{root, cancelroot}};
  for (std::size_t i = 0; i < 100; ++i)
    all.push_back(burrow::with_cancel(all[i / 2].first));
  std::atomic<int> wrong{0};
  burrow::wait_group wg;
  for (std::size_t i = 0; i < all.size(); ++i) {
    wg.go([&, i] {
      all[i].second();
      // All below i is cancelled when cancel has returned, by whomever.
      for (std::size_t k = i; k < all.size(); k = 2 * k + 1)
        if (all[k].first.err() != errc::canceled) ++wrong;
    });
    wg.go([&, i] {
      all[i].first.done().recv();
      if (all[i].first.err() != errc::canceled) ++wrong;
    });
  }
  wg.wait();
  EXPECT_EQ(wrong, 0);
}

GO_TEST(Context, ErrIsSetExactlyIfDoneIsClosed) {
  std::atomic<int> wrong{0};
  for (int i = 0; i < 300; ++i) {
    auto [ctx, cancel] = burrow::with_cancel(background());
    burrow::wait_group wg;
    wg.go([&, c = ctx] {
      const auto done = c.done();
      while (!c.err()) burrow::yield();
      if (!isclosed(done)) ++wrong;
    });
    wg.go([&, c = ctx] {
      c.done().recv();
      if (!c.err() || !c.cause()) ++wrong;
    });
    if (i % 2 == 0) burrow::yield();
    cancel();
    wg.wait();
  }
  EXPECT_EQ(wrong, 0);
}

GO_TEST(Context, ChildrenMadeWhileTheParentIsCancelled) {
  for (int i = 0; i < 200; ++i) {
    auto [parent, cancel] = burrow::with_cancel(background());
    burrow::wait_group wg;
    for (int k = 0; k < 4; ++k) {
      wg.go([p = parent] {
        for (int n = 0; n < 20; ++n) {
          auto a = burrow::with_cancel(p).first;
          auto b = burrow::with_timeout(a, 1h).first;
          auto d = burrow::with_cancel(b).first.done();
          burrow::after_func(a, [] {});
          if (n == 19) d.recv();
        }
      });
    }
    for (int k = i % 8; k > 0; --k) burrow::yield();
    cancel();
    wg.wait();
  }
  await_others();
}

GO_TEST(Context, TimersAgainstCancelsAndDrops) {
  std::mt19937 rng(7);
  for (int i = 0; i < 2000; ++i) {
    auto parent = burrow::with_timeout(background(),
                                       std::chrono::microseconds(rng() % 50));
    auto child = burrow::with_timeout(parent.first,
                                      std::chrono::microseconds(rng() % 50));
    const auto done = child.first.done();
    if (i % 4 == 0) burrow::go([c = parent.second] { c(); });
    if (i % 4 == 1) child.second();
    if (i % 4 == 2) child = {};
    if (i % 3 == 0) parent = {};
    done.recv();
  }
  await_others();
}

TEST(Context, OutlivesItsRun) {
  for (const int procs : {1, 2, 8}) {
    context ctx, child;
    burrow::cancel_func cancel;
    burrow::recv_chan<burrow::unit> done;
    burrow::run(
        [&] {
          std::tie(ctx, cancel) = burrow::with_timeout(background(), 1h);
          child = burrow::with_cancel(ctx).first;
          done = child.done();
          burrow::go([&] { done.recv(); });  // never returns
          burrow::yield();
        },
        {.maxprocs = procs});
    expectlive(child);
    cancel();
    expectended(child, errc::canceled, errc::canceled);
  }
}

}  // namespace
