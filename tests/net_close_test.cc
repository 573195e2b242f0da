// tests/net_close_test.cc - the end of a listener that has a path.

#include <unistd.h>

#include <atomic>
#include <string>
#include <system_error>

#include "burrow/burrow.h"
#include "tests/support/gotest.h"

namespace burrow {
namespace {

using net::listener;

GO_TEST(NetClose, CloseByManyRemovesThePathOnce) {
  const std::string path = "/tmp/burrow-close-" + std::to_string(::getpid());
  for (int round = 0; round < 20; ++round) {
    listener l = net::listen("unix", path);
    std::atomic<int> closed{0};
    wait_group wg;
    for (int i = 0; i < 4; ++i)
      wg.go([&] {
        std::error_code ec;
        l.close(ec);
        if (!ec) ++closed;
      });
    wg.wait();
    EXPECT_EQ(closed, 1);
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
  }
}

// Who is told that accepts have ended may listen on the path anew.
GO_TEST(NetClose, ThePathIsGoneWhenAcceptsEnd) {
  const std::string path = "/tmp/burrow-again-" + std::to_string(::getpid());
  for (int round = 0; round < 50; ++round) {
    listener l = net::listen("unix", path);
    go([&l] { l.close(); });
    std::error_code ec;
    l.accept(ec);
    EXPECT_EQ(ec, errc::closed);
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
    net::listen("unix", path).close();
  }
}

}  // namespace
}  // namespace burrow
