// tests/context_test.cc - contexts: cancelling, causes, deadlines; error codes.

#include "burrow/context.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "runtime/sched/timerhooks.h"
#include "runtime/time/timers.h"
#include "tests/support/contexttest.h"
#include "tests/support/gotest.h"

namespace {

using namespace burrow::testsupport;
using namespace std::chrono_literals;
using burrow::background;
using burrow::context;
using burrow::errc;
using steady = std::chrono::steady_clock;

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

// ---- without_cancel ---------------------------------------------------------

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

}  // namespace
