// tests/printer_test.cc - writing to a descriptor, whatever state it is in.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>

#include "runtime/diag/print.h"

namespace rt = burrow::rt;

namespace {

// printed returns what a printer that f is given writes to its descriptor.
template <typename F>
std::string printed(F f) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  {
    rt::printer out(ends[1]);
    f(out);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 4096> buf;
  ssize_t n;
  while ((n = read(ends[0], buf.data(), buf.size())) > 0)
    text.append(buf.data(), static_cast<std::size_t>(n));
  close(ends[0]);
  return text;
}

TEST(Printer, TextAndNumbers) {
  EXPECT_EQ(printed([](rt::printer& out) {
              out.str("a ").dec(0).str(" ").dec(-1).str(" ").udec(42);
            }),
            "a 0 -1 42");
}

TEST(Printer, ExtremeNumbers) {
  EXPECT_EQ(printed([](rt::printer& out) {
              out.dec(std::numeric_limits<std::int64_t>::min()).str(" ");
              out.dec(std::numeric_limits<std::int64_t>::max()).str(" ");
              out.udec(std::numeric_limits<std::uint64_t>::max());
            }),
            "-9223372036854775808 9223372036854775807 18446744073709551615");
}

TEST(Printer, Hex) {
  EXPECT_EQ(
      printed([](rt::printer& out) {
        out.hex(0).str(" ").hex(0xdeadbeef).str(" ").hex(~std::uintptr_t{0});
      }),
      "0x0 0xdeadbeef 0x" + std::string(2 * sizeof(std::uintptr_t), 'f'));
}

TEST(Printer, MoreThanItsBuffer) {
  const std::string text(5000, 'z');
  EXPECT_EQ(printed([&text](rt::printer& out) { out.str(text); }), text);
}

TEST(Printer, AClosedDescriptorDoesNotHang) {
  rt::printer out(-1);
  out.str(std::string(2000, 'x'));
}

TEST(Printer, WritesAllToAPipeThatIsFull) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  ASSERT_EQ(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
  const std::string text(1'000'000, 'x');
  std::size_t got = 0;
  std::thread reader([&] {
    std::array<char, 4096> buf;
    ssize_t n;
    while ((n = read(fds[0], buf.data(), buf.size())) > 0)
      got += static_cast<std::size_t>(n);
  });
  rt::writeall(fds[1], text.data(), text.size());
  close(fds[1]);
  reader.join();
  close(fds[0]);
  EXPECT_EQ(got, text.size());
}

TEST(Printer, RaisesNoSigpipe) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  close(fds[0]);
  errno = 5;
  rt::writeall(fds[1], "x", 1);
  EXPECT_EQ(errno, 5);
  close(fds[1]);
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

}  // namespace
