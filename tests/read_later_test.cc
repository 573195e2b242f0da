// tests/read_later_test.cc - reads that ask for a buffer when there is something to
// read.

#include <fcntl.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "burrow/net.h"
#include "tests/support/gotest.h"
#include "tests/support/iotest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testsupport::bytes;
using testsupport::text;

struct outcome {
  std::string text;
  bool asked = false;
  std::error_code ec;
};

outcome later(fd& f, std::size_t most = 100) {
  outcome o;
  const std::size_t n = f.read(
      [&] {
        EXPECT_FALSE(o.asked);
        o.asked = true;
        o.text.resize(most);
        return std::as_writable_bytes(std::span(o.text));
      },
      o.ec);
  o.text.resize(n);
  return o;
}

// Whether a read waits now, and asks for nothing while it does. The event of what has
// been read may come late: then the first asks.
bool waits(fd& f) {
  outcome o;
  for (int i = 0; i < 2; ++i) {
    f.set_read_deadline(steady_clock::now() + 5ms);
    o = later(f);
    f.set_read_deadline({});
    if (!o.ec) return false;
    EXPECT_EQ(o.ec, errc::deadline_exceeded);
    if (!o.asked) return true;
  }
  ADD_FAILURE() << "asked";
  return true;
}

GO_TEST(ReadLater, AsksWhenThereIsSomething) {
  auto [in, out] = pipe();
  EXPECT_TRUE(waits(in));
  out.write(bytes("one"));
  EXPECT_EQ(later(in).text, "one");
  EXPECT_TRUE(waits(in));
  std::atomic<bool> written{false};
  wait_group wg;
  wg.go([&, &out = out] {
    testsupport::settle();
    written = true;
    out.write(bytes("two"));
  });
  std::string room(10, '\0');
  in.read([&] {
    EXPECT_TRUE(written);
    return std::as_writable_bytes(std::span(room));
  });
  EXPECT_EQ(room.substr(0, 3), "two");
  wg.wait();
}

// A read that was filled does not know whether there is more.
GO_TEST(ReadLater, LooksWhereAnEventMayBeOld) {
  auto [in, out] = pipe();
  out.write(bytes("12345678"));
  EXPECT_EQ(later(in, 4).text, "1234");
  EXPECT_EQ(later(in, 4).text, "5678");
  EXPECT_TRUE(waits(in));
  out.write(bytes("9"));
  EXPECT_EQ(later(in, 1).text, "9");
  EXPECT_TRUE(waits(in));
}

GO_TEST(ReadLater, EndsAtTheEnd) {
  auto [in, out] = pipe();
  wait_group wg;
  wg.go([&out = out] {
    testsupport::settle();
    out.close();
  });
  for (int i = 0; i < 3; ++i) {
    const outcome o = later(in);
    EXPECT_EQ(o.text, "");
    EXPECT_FALSE(o.ec);
  }
  wg.wait();
}

GO_TEST(ReadLater, ErrorsAreThoseOfReads) {
  auto [in, out] = pipe();
  in.set_read_deadline(steady_clock::now() - 1ms);
  out.write(bytes("x"));
  const outcome late = later(in);
  EXPECT_EQ(late.ec, errc::deadline_exceeded);
  EXPECT_FALSE(late.asked);
  EXPECT_THROW(in.read([] { return std::span<std::byte>(); }),
               std::system_error);
  in.set_read_deadline({});
  EXPECT_EQ(text(in), "x");
  wait_group wg;
  for (int i = 0; i < 3; ++i)  // one waits in the netpoller, two behind it
    wg.go([&in = in] {
      const outcome o = later(in);
      EXPECT_EQ(o.ec, errc::closed);
      EXPECT_FALSE(o.asked);
    });
  testsupport::settle();
  in.close();
  wg.wait();
  EXPECT_EQ(later(in).ec, errc::closed);
  fd empty;
  EXPECT_EQ(later(empty).ec, errc::closed);
}

GO_TEST(ReadLater, WhatTheRoomThrowsPassesAndNothingIsRead) {
  auto [in, out] = pipe();
  out.write(bytes("abc"));
  const auto none = []() -> std::span<std::byte> {
    throw std::runtime_error("no room");
  };
  EXPECT_THROW(in.read(none), std::runtime_error);
  std::error_code ec;
  EXPECT_THROW(in.read(none, ec), std::runtime_error);
  EXPECT_EQ(in.read([] { return std::span<std::byte>(); }), 0u);
  EXPECT_EQ(later(in).text, "abc");
  EXPECT_TRUE(waits(in));
}

// Many rounds: the event comes before, while and after the reader looks.
GO_TEST(ReadLater, NoEventIsLost) {
  auto [in, out] = pipe();
  auto go_on = make_chan<int>();
  wait_group wg;
  wg.go([&, &out = out] {
    for (int i = 0; go_on.recv(); ++i) {
      if (i % 3 == 0) yield();
      out.write(bytes("ab"));
    }
  });
  for (int i = 0; i < 2000; ++i) {
    go_on.send(i);
    ASSERT_EQ(later(in, 1).text, "a");
    ASSERT_EQ(later(in, i % 2 == 0 ? 1 : 9).text, "b");
  }
  go_on.close();
  wg.wait();
}

GO_TEST(ReadLater, OfASocket) {
  auto l = net::listen("tcp", "127.0.0.1:0");
  net::conn a = net::dial("tcp", l.address().string());
  net::conn b = l.accept();
  EXPECT_TRUE(waits(a));
  b.write(bytes("hello"));
  EXPECT_EQ(later(a).text, "hello");
  EXPECT_TRUE(waits(a));
  b.close_write();
  EXPECT_EQ(later(a).text, "");
}

// Nobody watches it: its thread waits.
GO_TEST(ReadLater, OfAFile) {
  fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const outcome o = later(file);
  EXPECT_TRUE(o.asked);
  EXPECT_EQ(o.text, "");
}

TEST(ReadLater, OnAThread) {
  auto [in, out] = pipe();
  for (int i = 0; i < 20; ++i) {
    std::thread writer([&out = out, i] {
      testsupport::nap(i % 2 * 2ms);
      out.write(bytes("x"));
    });
    EXPECT_EQ(later(in).text, "x");
    writer.join();
  }
}

}  // namespace
}  // namespace burrow
