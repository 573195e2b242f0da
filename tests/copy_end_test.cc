// tests/copy_end_test.cc - copy: how it ends (deadlines, close, broken pipes), and
// many of them together.

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/copytest.h"
#include "tests/support/emulator.h"
#include "tests/support/gotest.h"
#include "tests/support/iotest.h"
#include "tests/support/procself.h"
#include "tests/support/sanitizer.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testsupport::all;
using testsupport::bytes;
using testsupport::pattern;
using testsupport::sink;
using testsupport::source;

const char* const kWatched[] = {"pipe", "tcp", "unix", "given pipe",
                                "given socket"};

// More than anything holds that nobody reads.
constexpr std::size_t kMuch = std::size_t{2} << 20;

struct outcome {
  std::uint64_t n;
  std::error_code ec;
};

future<outcome> copying(fd& to, fd& from) {
  return async([&] {
    outcome o{};
    o.n = copy(to, from, o.ec);
    return o;
  });
}

GO_TEST(CopyEnd, ADeadlineEndsTheWaitForInput) {
  SKIP_WITHOUT_NOWAIT();
  for (const char* from : kWatched)
    for (const char* to : testsupport::kSinks) {
      source s(from);
      sink t(to);
      s.other.write(bytes("before"));
      s.end.set_read_deadline(steady_clock::now() + 5ms);
      std::error_code ec;
      EXPECT_EQ(copy(t.end, s.end, ec), 6u) << from << " to " << to;
      EXPECT_EQ(ec, errc::deadline_exceeded) << from << " to " << to;
      EXPECT_EQ(t.finish(), "before");
      // One of the other direction is not asked.
      s.end.set_read_deadline({});
      s.end.set_write_deadline(steady_clock::now() - 1s);
      s.other.close();
      fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
      EXPECT_EQ(copy(null, s.end), 0u);
    }
}

// What has been written is counted, neither more nor less.
GO_TEST(CopyEnd, ADeadlineEndsTheWaitForRoom) {
  SKIP_WITHOUT_NOWAIT();
  for (const char* from : testsupport::kSources)
    for (const char* to : kWatched) {
      source s(from, pattern(kMuch));
      sink t(to, false);
      t.end.set_write_deadline(steady_clock::now() + 5ms);
      std::error_code ec;
      const std::uint64_t n = copy(t.end, s.end, ec);
      EXPECT_EQ(ec, errc::deadline_exceeded) << from << " to " << to;
      EXPECT_LT(n, kMuch);
      t.end.close();
      EXPECT_TRUE(all(t.other) == pattern(n)) << from << " to " << to;
    }
}

GO_TEST(CopyEnd, CloseEndsTheWaitForInput) {
  SKIP_WITHOUT_NOWAIT();
  for (const char* from : kWatched)
    for (const char* to : testsupport::kSinks) {
      source s(from);
      sink t(to);
      auto o = copying(t.end, s.end);
      testsupport::settle();
      s.end.close();
      EXPECT_EQ(o.get().ec, errc::closed) << from << " to " << to;
    }
}

GO_TEST(CopyEnd, CloseEndsTheWaitForRoom) {
  SKIP_WITHOUT_NOWAIT();
  for (const char* from : testsupport::kSources)
    for (const char* to : kWatched) {
      source s(from, pattern(kMuch));
      sink t(to, false);
      auto o = copying(t.end, s.end);
      testsupport::settle();
      sleep_for(1ms);
      t.end.close();
      const outcome got = o.get();
      EXPECT_EQ(got.ec, errc::closed) << from << " to " << to;
      EXPECT_LT(got.n, kMuch);
      EXPECT_TRUE(all(t.other) == pattern(got.n)) << from << " to " << to;
    }
}

GO_TEST(CopyEnd, NobodyReadsAnyMore) {
  for (const char* from : testsupport::kSources)
    for (const char* to : kWatched) {
      source s(from, pattern(kMuch));
      sink t(to, false);
      auto o = copying(t.end, s.end);
      testsupport::settle();
      t.other.close();
      const std::error_code ec = o.get().ec;
      EXPECT_TRUE(ec == std::errc::broken_pipe ||
                  ec == std::errc::connection_reset)
          << from << " to " << to << ": " << ec.message();
    }
}

GO_TEST(CopyEnd, ClosedAndEmptyHandles) {
  source s("pipe", "x");
  fd empty;
  std::error_code ec;
  EXPECT_EQ(copy(empty, s.end, ec), 0u);
  EXPECT_EQ(ec, errc::closed);
  EXPECT_EQ(copy(s.end, empty, ec), 0u);
  EXPECT_EQ(ec, errc::closed);
  sink t("file");
  EXPECT_EQ(copy(t.end, s.end, ec), 1u);
  EXPECT_FALSE(ec);
  t.end.close();
  source more("pipe", "y");
  EXPECT_EQ(copy(t.end, more.end, ec), 0u);
  EXPECT_EQ(ec, errc::closed);
}

GO_TEST(CopyEnd, ErrorsNameBothEnds) {
  source s("tcp", pattern(10));
  sink t("tcp", false);
  s.end.set_read_deadline(steady_clock::now() - 1s);
  try {
    copy(t.end, s.end);
    ADD_FAILURE() << "the deadline has passed";
  } catch (const std::system_error& e) {
    const std::string what = e.what();
    EXPECT_EQ(e.code(), errc::deadline_exceeded);
    EXPECT_TRUE(what.starts_with("copy tcp 127.0.0.1:")) << what;
    EXPECT_NE(what.find(" to tcp 127.0.0.1:"), what.npos) << what;
  }
  fd out(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  EXPECT_THROW(copy(t.end, out), std::system_error);  // cannot be read
}

// ---- Together ----

// Both directions of many connections at once, through a chain of copies.
GO_TEST(CopyMany, ThroughAChainOfEveryKind) {
  const char* const chain[] = {"tcp", "pipe", "unix", "given pipe", "tcp"};
  const std::string text = pattern(1 << 20);
  wait_group wg;
  for (int k = 0; k < 4; ++k)
    wg.go([&] {
      source s("unix", text);
      std::vector<std::pair<fd, fd>> links;
      for (const char* kind : chain)
        links.push_back(testsupport::connected(kind));
      wait_group copies;
      fd* from = &s.end;
      for (auto& [out, in] : links) {
        copies.go([from, to = &in] {
          EXPECT_EQ(copy(*to, *from), 1u << 20);
          to->close();
        });
        from = &out;
      }
      EXPECT_TRUE(all(links.back().first) == text);
      copies.wait();
    });
  wg.wait();
}

// A socket that is copied to itself: an echo.
GO_TEST(CopyMany, AnEcho) {
  auto [here, there] = testsupport::connected("tcp");
  wait_group wg;
  wg.go([&here = here] {
    copy(here, here);
    here.close();
  });
  const std::string text = pattern(2 << 20);
  wg.go([&there = there, &text] {
    there.write(bytes(text));
    ::shutdown(there.get(), SHUT_WR);
  });
  EXPECT_TRUE(all(there) == text);
  wg.wait();
}

// While a copy waits for input, others may write to where it will write.
GO_TEST(CopyMany, OthersWriteWhileItWaits) {
  for (const char* from : kWatched)
    for (const char* to : kWatched) {
      source s(from);
      sink t(to, false);
      auto o = copying(t.end, s.end);
      testsupport::settle();
      t.end.write(bytes("mine"));
      std::array<std::byte, 10> room{};
      EXPECT_EQ(t.other.read(room), 4u) << from << " to " << to;
      s.other.close();
      EXPECT_EQ(o.get().n, 0u);
    }
}

// Copies that wait hold no pipe; those that have ended leave a few for the next.
GO_TEST(CopyMany, PipesOfOursAreFew) {
  std::vector<std::unique_ptr<source>> sources;
  std::vector<std::unique_ptr<sink>> sinks;
  for (int i = 0; i < 40; ++i) {
    sources.push_back(std::make_unique<source>("unix"));
    sinks.push_back(std::make_unique<sink>("unix", false));
  }
  const long before = testsupport::descriptors();
  std::vector<future<outcome>> copies;
  for (int i = 0; i < 40; ++i)
    copies.push_back(copying(sinks[i]->end, sources[i]->end));
  for (auto& s : sources) s->other.write(bytes(pattern(100'000)));
  for (auto& t : sinks) {
    net::buffered_reader r(t->other);
    EXPECT_TRUE(r.read_exact(100'000) == pattern(100'000));
  }
  testsupport::settle();
  EXPECT_LE(testsupport::descriptors(), before + 16);
  for (auto& s : sources) s->other.close();
  for (auto& c : copies) EXPECT_EQ(c.get().n, 100'000u);
}

GO_TEST(CopyMany, ForeignThreadsCopy) {
  source s("tcp", pattern(1 << 20));
  sink t("unix");
  std::thread thread([&] { EXPECT_EQ(copy(t.end, s.end), 1u << 20); });
  blocking([&] { thread.join(); });
  EXPECT_TRUE(t.finish() == pattern(1 << 20));
}

// More than the system moves at a time: a file that is all hole but for its end.
TEST(CopyLong, MoreThanTwoGigabytes) {
  if (testsupport::kSanitizer) GTEST_SKIP() << "takes too long so";
  run([] {
    constexpr std::uint64_t kHole = (std::uint64_t{1} << 31) + 12'345;
    auto [from, writer] = testsupport::filetwice();
    ASSERT_EQ(::pwrite(writer.get(), "end", 3, kHole), 3);
    sink t("tcp", false);
    auto o = copying(t.end, from);
    std::vector<std::byte> room(std::size_t{1} << 20);
    std::uint64_t n = 0;
    std::string last;
    while (n < kHole + 3) {
      const std::size_t k = t.other.read(room);
      ASSERT_GT(k, 0u);
      n += k;
      last.append(reinterpret_cast<const char*>(room.data()) +
                      (k - std::min<std::size_t>(k, 3)),
                  std::min<std::size_t>(k, 3));
      last.erase(0, last.size() - std::min<std::size_t>(last.size(), 3));
    }
    const outcome got = o.get();
    EXPECT_EQ(got.n, kHole + 3);
    EXPECT_FALSE(got.ec);
    EXPECT_EQ(last, "end");
  });
}

}  // namespace
}  // namespace burrow
