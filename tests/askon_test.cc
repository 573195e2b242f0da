// tests/askon_test.cc - the poller that asks on instead of going to sleep.

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "burrow/burrow.h"
#include "tests/support/gotest.h"
#include "tests/support/iotest.h"
#include "tests/support/sanitizer.h"
#include "tests/support/savedenv.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using testsupport::bytes;
using testsupport::text;
using clock = std::chrono::steady_clock;

// How often threads have slept; sysmon, too.
long sleeps() {
  rusage r{};
  ::getrusage(RUSAGE_SELF, &r);
  return r.ru_nvcsw;
}

// A goroutine that answers each byte, and a thread that sends the next 20 us after the
// answer, and is never asleep.
class AskOn : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("BURROW_DEBUG", (debug_.was() + ",pollspin=100000").c_str(), 1);
  }

  // lucky sends n bytes there and back.
  void lucky(int n) {
    std::thread client([&] {
      for (int i = 0; i < n; ++i) {
        testsupport::compute(20us);
        there_.write_end.write(bytes("x"));
        while (!back_.exchange(false)) {
        }
      }
    });
    for (int i = 0; i < n; ++i) {
      EXPECT_EQ(text(there_.read_end, 1), "x");
      back_ = true;
    }
    client.join();
  }

  // Of a run: with the first pipe begins the poller, of the kind that the run asks for.
  pipe_ends there_;
  std::atomic<bool> back_{false};
  const testsupport::savedenv debug_{"BURROW_DEBUG"};
};

// With the limit set so high each wait that is asked through ends in a message.
TEST_F(AskOn, DoesNotSleepBetweenTwoMessages) {
  if (num_cpu() < 2 || testsupport::watched())
    GTEST_SKIP() << "who asks and who answers take turns";
  constexpr int kMessages = 2000;
  run(
      [&] {
        there_ = pipe();
        lucky(200);  // 64 sleeps until it is tried
        // Beside other load who asks is put off its processor; not for ever.
        long slept = kMessages;
        for (int i = 0; i < 20 && slept > kMessages / 2; ++i) {
          const long before = sleeps();
          lucky(kMessages);
          slept = sleeps() - before;
        }
        EXPECT_LE(slept, kMessages / 2);
      },
      {.maxprocs = 1});
}

// Who asks for 100 ms hears at once of a goroutine that a thread starts, and of the timer
// that this one sets on another p.
TEST_F(AskOn, HearsOfOtherWorkMeanwhile) {
  constexpr int kRounds = 20;
  std::atomic<int> late{0};
  run(
      [&] {
        there_ = pipe();
        for (int i = 0; i < kRounds; ++i) {
          lucky(200);
          std::thread other([&] {
            std::this_thread::sleep_for(20ms);
            const auto begin = clock::now();
            go([&, begin] {
              sleep_for(20ms);
              if (clock::now() - begin > 60ms) ++late;
              there_.write_end.write(bytes("y"));
            });
          });
          EXPECT_EQ(text(there_.read_end, 1), "y");
          other.join();
        }
      },
      {.maxprocs = 2});
  EXPECT_LT(late, kRounds / 2);
}

}  // namespace
}  // namespace burrow
