// tests/netpoll_test.cc - who asks the system for what descriptors have.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "burrow/burrow.h"
#include "runtime/netpoll/netpoll.h"
#include "runtime/sched/sched.h"
#include "tests/support/gotest.h"
#include "tests/support/iotest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using testsupport::bytes;
using testsupport::compute;
using testsupport::nap;
using testsupport::text;

// A second idle m, so that the one that polls is not the one to be woken.
void makems() {
  wait_group wg;
  for (int i = 0; i < 4; ++i) wg.go([] { blocking([] { nap(2ms); }); });
  wg.wait();
}

// While all ps are busy, an m without one is not woken for each event: on a busy
// server's only p that made each message twice as dear. When none is busy any more,
// somebody is there for the next event.
TEST(Netpoll, ThePollerStandsAsideWhileAllPsAreBusy) {
  constexpr int kEvents = 1000;
  run(
      [] {
        makems();
        auto [in, out] = pipe();
        std::atomic<bool> busy{true};
        std::atomic<int> got{0}, reads{0};
        wait_group wg;
        wg.go([&, &in = in] {
          for (; got <= kEvents; ++reads)
            got += static_cast<int>(text(in).size());
        });
        sleep_for(5ms);  // an m sleeps in the poller
        std::thread writer([&, &out = out] {
          go([&] {  // wakes an m, but not that one
            while (busy) compute(20us), yield();
          });
          nap(5ms);
          for (int i = 0; i < kEvents; ++i) {
            out.write(bytes("x"));
            compute(100us);
          }
          EXPECT_LT(reads, kEvents / 3);  // who is woken brings each
          busy = false;
          nap(50ms);  // sysmon sleeps, too
          out.write(bytes("x"));
          for (int i = 0; i < 1000 && got <= kEvents; ++i) nap(10ms);
          if (got <= kEvents) {
            std::fputs("nobody polls\n", stderr);
            std::abort();
          }
        });
        wg.wait();
        writer.join();
      },
      {.maxprocs = 1});
}

// echoes answers each byte, after some work, until the end.
void echoes(fd& in, fd& out, int seed) {
  for (int i = seed; text(in, 1).size() == 1; ++i) {
    if (i % 3 == 0) compute(std::chrono::microseconds(i * 7 % 50));
    if (i % 5 == 0) sleep_for(std::chrono::microseconds(i * 11 % 300));
    out.write(bytes("y"));
  }
}

// However busy and idle ps follow each other, somebody polls.
GO_TEST(Netpoll, SomebodyPollsWhateverTheLoad) {
  constexpr int kPeers = 6, kRounds = 150;
  makems();
  std::vector<std::thread> peers;
  std::atomic<int> left{kPeers};
  wait_group wg;
  for (int p = 0; p < kPeers; ++p) {
    auto there = std::make_shared<pipe_ends>(pipe());
    auto back = std::make_shared<pipe_ends>(pipe());
    wg.go([=] { echoes(there->read_end, back->write_end, p); });
    peers.emplace_back([=, &left] {
      for (int i = 0; i < kRounds; ++i) {
        if (i % 4 == 0) nap(std::chrono::microseconds((i + p) * 13 % 400));
        there->write_end.write(bytes("x"));
        EXPECT_EQ(text(back->read_end, 1), "y");
      }
      there->write_end.close();
      --left;
    });
  }
  while (left > 0) {  // all ps busy, and then none
    wait_group busy;
    for (int i = 0; i < maxprocs(); ++i)
      busy.go([i] {
        for (int k = 0; k < 10 + i; ++k) compute(20us), yield();
      });
    busy.wait();
    sleep_for(500us);
  }
  wg.wait();
  for (std::thread& t : peers) t.join();
}

// Who has asked in vain often enough goes to sleep in the poller at once. One pipe's
// events come one at a time, then several at once, while a timer ends such a sleep and
// another m may take the place.
GO_TEST(Netpoll, WhoSleepsAtOnceMissesNothing) {
  constexpr int kRounds = 300, kPipes = 5;
  std::vector<pipe_ends> pipes, answers;
  for (int i = 0; i < kPipes; ++i) {
    pipes.push_back(pipe());
    answers.push_back(pipe());
  }
  wait_group wg;
  for (int i = 0; i < kPipes; ++i)
    wg.go([&, i] {
      for (int r = 0; r < kRounds; ++r) {
        if (i != 0 && r % 20 < 15)
          continue;  // of 20 rounds, 15 are the first's alone
        EXPECT_EQ(text(pipes[i].read_end, 1), "x");
        answers[i].write_end.write(bytes("y"));
      }
    });
  auto stop = make_chan<unit>();
  wg.go([&] {
    ticker t(1ms);
    while (select(recv(t.c()), recv(stop)) == 0) {
    }
  });
  std::thread client([&] {
    for (int r = 0; r < kRounds; ++r) {
      const int n = r % 20 < 15 ? 1 : kPipes;
      for (int i = 0; i < n; ++i) pipes[i].write_end.write(bytes("x"));
      for (int i = 0; i < n; ++i) EXPECT_EQ(text(answers[i].read_end, 1), "y");
      if (r % 7 == 0) nap(r % 3 * 100us);
    }
    stop.close();
  });
  wg.wait();
  client.join();
}

// The one p that works has been brought its work by the poller itself.
TEST(Netpoll, WhoComputesLeavesSomebodyWhoPolls) {
  for (const int procs : {2, 8})
    run(
        [] {
          makems();
          auto [in, out] = pipe();
          wait_group wg;
          for (int i = 0; i < 20; ++i) {
            wg.go([&in = in] {
              EXPECT_EQ(text(in), "x");
              const auto end = std::chrono::steady_clock::now() + 10s;
              while (rt::asleepinpoll() == nullptr)
                if (std::chrono::steady_clock::now() > end) {
                  ADD_FAILURE() << "nobody polls";
                  break;
                }
            });
            std::thread writer([&out = out] {
              nap(1ms);
              out.write(bytes("x"));
            });
            wg.wait();
            writer.join();
          }
        },
        {.maxprocs = procs});
}

// A poller that was off its processor from the end of a run into the next has gs of
// both: it puts these on no queue.
GO_TEST(Netpoll, WhoWaitedInAnEarlierRunIsForgotten) {
  rt::g earlier, mine, last;
  mine.runid = rt::sched.runid.load();
  earlier.runid = last.runid = mine.runid - 1;
  rt::gqueue ready;
  for (rt::g* gp : {&earlier, &mine, &last}) ready.push(gp);
  {
    const rt::lockguard hold(rt::sched.lock);
    rt::dropover(ready);
  }
  EXPECT_EQ(ready.n, 1U);
  EXPECT_EQ(ready.pop(), &mine);
  EXPECT_EQ(ready.pop(), nullptr);
}

// The poller's wake-up is told to one who polls. Should that be somebody else, he passes
// it on.
TEST(Netpoll, AWakeUpThatAnotherWasToldComesAllTheSame) {
  run(
      [] {
        auto [in, out] = pipe();
        wait_group wg;
        wg.go([&in = in] { EXPECT_EQ(text(in), "x"); });
        rt::m* poller = nullptr;
        blocking([&] {
          for (int i = 0; i < 200; ++i) {
            while ((poller = rt::sched.pollm) == nullptr || !poller->inpoll) {
            }
            poller->park.wakeup();
            rt::netpollbreak();
            rt::gqueue told;
            rt::netpoll(0, told);
            EXPECT_EQ(told.n, 0u);
            for (int k = 0; k < 5000 && poller->park.signaled(); ++k) nap(1ms);
            if (poller->park.signaled()) {
              ADD_FAILURE() << "it sleeps on";
              rt::netpollbreak();
              break;
            }
          }
        });
        out.write(bytes("x"));
        wg.wait();
      },
      {.maxprocs = 2});
}

}  // namespace
}  // namespace burrow
