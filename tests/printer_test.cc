// tests/printer_test.cc - writing to a descriptor, whatever state it is in.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include "runtime/diag/print.h"

namespace rt = burrow::rt;

namespace {

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
