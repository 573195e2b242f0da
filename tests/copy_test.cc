// tests/copy_test.cc - copy: every pair of kinds, limits, and by which way the bytes
// really went.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "runtime/io/copy.h"
#include "tests/support/copytest.h"
#include "tests/support/gotest.h"
#include "tests/support/iotest.h"

namespace burrow {
namespace {

using testsupport::all;
using testsupport::filewith;
using testsupport::pattern;
using testsupport::sink;
using testsupport::source;

constexpr std::size_t kSizes[] = {0, 1, 4095, 4096, 65537, 3 << 20};

// Each kind of source into each kind of sink.
void allsinks(const char* from) {
  for (const char* to : testsupport::kSinks)
    for (const std::size_t n : kSizes) {
      source s(from, pattern(n));
      sink t(to);
      std::error_code ec;
      EXPECT_EQ(copy(t.end, s.end, ec), n) << from << " to " << to;
      EXPECT_FALSE(ec) << from << " to " << to << ": " << ec.message();
      EXPECT_TRUE(t.finish() == pattern(n)) << from << " to " << to << " " << n;
    }
}

GO_TEST(Copy, FromAFile) { allsinks("file"); }
GO_TEST(Copy, FromAPipe) { allsinks("pipe"); }
GO_TEST(Copy, FromATcpConnection) { allsinks("tcp"); }
GO_TEST(Copy, FromAUnixConnection) { allsinks("unix"); }
GO_TEST(Copy, FromAPipeThatWasGiven) { allsinks("given pipe"); }
GO_TEST(Copy, FromASocketThatWasGiven) { allsinks("given socket"); }

// Files that say they are empty, and are not.
GO_TEST(Copy, FromProc) {
  for (const char* path : {"/proc/cpuinfo", "/proc/self/cmdline"})
    for (const char* to : testsupport::kSinks) {
      fd from(::open(path, O_RDONLY | O_CLOEXEC));
      sink t(to);
      const std::uint64_t copied = copy(t.end, from);
      EXPECT_GT(copied, 0u) << path << " to " << to;
      EXPECT_EQ(t.finish().size(), copied) << path << " to " << to;
    }
}

GO_TEST(Copy, FromADevice) {
  for (const char* to : testsupport::kSinks)
    for (const std::size_t n : kSizes) {
      fd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
      sink t(to);
      EXPECT_EQ(copy(t.end, zero, n), n) << to;
      EXPECT_TRUE(t.finish() == std::string(n, '\0')) << to;
    }
}

GO_TEST(Copy, ToADevice) {
  for (const char* from : testsupport::kSources) {
    source s(from, pattern(100'000));
    fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    EXPECT_EQ(copy(null, s.end), 100'000u) << from;
  }
}

GO_TEST(Copy, NotMoreThanTheLimit) {
  for (const char* from : testsupport::kSources)
    for (const char* to : testsupport::kSinks)
      for (const std::size_t n : {0, 1, 70'000, 150'000, 200'000}) {
        source s(from, pattern(150'000));
        sink t(to);
        const std::size_t some = std::min<std::size_t>(n, 150'000);
        EXPECT_EQ(copy(t.end, s.end, n), some) << from << " to " << to;
        // The rest is still there.
        EXPECT_EQ(all(s.end), pattern(150'000).substr(some)) << from;
        EXPECT_TRUE(t.finish() == pattern(150'000).substr(0, some));
      }
}

// Files are read and written at their position, which moves on.
GO_TEST(Copy, FilesHavePositions) {
  for (const char* to : testsupport::kSinks) {
    fd from = filewith("0123456789");
    ::lseek(from.get(), 2, SEEK_SET);
    sink t(to);
    EXPECT_EQ(copy(t.end, from, 3), 3u);
    EXPECT_EQ(::lseek(from.get(), 0, SEEK_CUR), 5) << to;
    EXPECT_EQ(copy(t.end, from, 3), 3u);
    EXPECT_EQ(t.finish(), "234567") << to;
  }
}

GO_TEST(Copy, ToTheEndOfAFileThatOthersAppendTo) {
  for (const char* from : testsupport::kSources) {
    source s(from, pattern(300'000));
    fd to = filewith("head");
    ::fcntl(to.get(), F_SETFL, O_APPEND);
    EXPECT_EQ(copy(to, s.end), 300'000u) << from;
    ::lseek(to.get(), 0, SEEK_SET);
    EXPECT_TRUE(all(to) == "head" + pattern(300'000)) << from;
  }
}

// ---- By which way ----

std::array<std::uint64_t, 5> counted() {
  const auto& c = rt::copied;
  return {c.range, c.sendfile, c.splice, c.relayed, c.buffer};
}

TEST(CopyWay, IsThatOfTheTable) {
  enum { range, sendfile, splice, relayed, buffer };
  const struct {
    const char *from, *to;
    int way;
  } rows[] = {
      {"file", "file", range},         {"file", "tcp", sendfile},
      {"file", "unix", sendfile},      {"file", "pipe", splice},
      {"file", "given pipe", splice},  {"file", "given socket", buffer},
      {"pipe", "file", splice},        {"pipe", "pipe", splice},
      {"pipe", "tcp", buffer},         {"given pipe", "unix", splice},
      {"tcp", "pipe", splice},         {"unix", "given pipe", splice},
      {"tcp", "tcp", relayed},         {"tcp", "unix", relayed},
      {"unix", "tcp", buffer},         {"unix", "unix", relayed},
      {"tcp", "file", relayed},        {"given socket", "tcp", buffer},
      {"tcp", "given socket", buffer}, {"given pipe", "file", splice},
      {"unix", "file", relayed},
  };
  run([&] {
    for (const auto& row : rows) {
      source s(row.from, pattern(200'000));
      sink t(row.to);
      const auto before = counted();
      EXPECT_EQ(copy(t.end, s.end), 200'000u);
      const auto after = counted();
      for (int i = 0; i < 5; ++i) {
        const auto at = static_cast<std::size_t>(i);
        EXPECT_EQ(after[at] - before[at], i == row.way ? 200'000u : 0u)
            << row.from << " to " << row.to << " by " << i;
      }
      t.finish();
    }
  });
}

}  // namespace
}  // namespace burrow
