// tests/chan_elem_test.cc - channels of elements of all kinds.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "burrow/chan.h"
#include "tests/support/chantest.h"
#include "tests/support/gotest.h"

#pragma GCC diagnostic ignored "-Wpsabi"  // an over-aligned value by value

namespace burrow {
namespace {

using namespace testsupport;

struct empty {};
struct alignas(128) overaligned {
  explicit overaligned(int n) : v(n) {}
  int v;
};
struct big {
  explicit big(int n) { words.fill(n); }
  std::array<int, 1024> words;
};
struct bare {  // moves, and can do nothing else
  explicit bare(int n) : v(n) {}
  bare(bare&& o) noexcept : v(o.v) { o.v = 0; }
  bare& operator=(bare&&) = delete;
  int v;
};

template <class T>
T make(int n) {
  return T(n);
}
template <>
empty make(int) {
  return {};
}
template <>
std::string make(int n) {
  return std::string(100, static_cast<char>(n));
}
template <>
std::unique_ptr<int> make(int n) {
  return std::make_unique<int>(n);
}

template <class T>
bool is(const T& v, int n) {
  return v == T(n);
}
bool is(const empty&, int) { return true; }
bool is(const std::string& v, int n) { return v == make<std::string>(n); }
bool is(const std::unique_ptr<int>& v, int n) {
  return v != nullptr && *v == n;
}
bool is(const bare& v, int n) { return v.v == n; }
bool is(const big& v, int n) { return v.words[0] == n && v.words[1023] == n; }
bool is(const overaligned& v, int n) {
  return v.v == n && reinterpret_cast<std::uintptr_t>(&v) % 128 == 0;
}

// matrix is Go's table of what does not block, for one type and capacity.
template <class T>
void matrix(std::size_t cap) {
  auto c = make_chan<T>(cap);
  EXPECT_FALSE(c.try_recv());
  for (std::size_t i = 0; i < cap; ++i) {
    EXPECT_TRUE(c.try_send(make<T>(static_cast<int>(i) + 1)));
  }
  EXPECT_EQ(c.len(), cap);
  T spare = make<T>(7);
  EXPECT_FALSE(c.try_send(std::move(spare)));
  EXPECT_TRUE(is(spare, 7)) << "touched by a try_send that failed";
  for (std::size_t i = 0; i < cap; ++i) {
    auto v = c.try_recv();
    ASSERT_TRUE(v);
    EXPECT_TRUE(is(*v, static_cast<int>(i) + 1));
  }
  EXPECT_FALSE(c.try_recv());

  auto answer = make_chan<bool>();
  go([c, answer] {
    auto v = c.recv();
    answer.send(v && is(*v, 7));
  });
  await_waiters(c, 1);
  EXPECT_TRUE(c.try_send(std::move(spare)));
  EXPECT_EQ(answer.recv(), true);

  go([c, cap] {
    for (int i = 0; i <= static_cast<int>(cap); ++i) c.send(make<T>(i + 1));
  });
  await_waiters(c, 1);  // the last one is blocked
  for (int i = 0; i <= static_cast<int>(cap); ++i) {
    auto v = c.try_recv();
    ASSERT_TRUE(v);
    EXPECT_TRUE(is(*v, i + 1));
  }
  EXPECT_FALSE(c.try_recv());

  c.close();
  EXPECT_FALSE(c.try_recv());
  EXPECT_FALSE(c.recv());
  T late = make<T>(9);
  EXPECT_EQ(panictext([&] { c.try_send(std::move(late)); }),
            "send on closed channel");
  EXPECT_TRUE(is(late, 9));
}

template <class T>
void matrices() {
  for (std::size_t cap : {0, 1, 2, 7}) matrix<T>(cap);
}

GO_TEST(ChanElem, NonBlockingMatrixBool) { matrices<bool>(); }
GO_TEST(ChanElem, NonBlockingMatrixInt) { matrices<int>(); }
GO_TEST(ChanElem, NonBlockingMatrixDouble) { matrices<double>(); }
GO_TEST(ChanElem, NonBlockingMatrixString) { matrices<std::string>(); }
GO_TEST(ChanElem, NonBlockingMatrixUniquePtr) {
  matrices<std::unique_ptr<int>>();
}
GO_TEST(ChanElem, NonBlockingMatrixEmpty) { matrices<empty>(); }
GO_TEST(ChanElem, NonBlockingMatrixOveraligned) { matrices<overaligned>(); }
GO_TEST(ChanElem, NonBlockingMatrixBig) { matrices<big>(); }
GO_TEST(ChanElem, NonBlockingMatrixBare) { matrices<bare>(); }

GO_TEST(ChanElem, MoveOnlyLvalueIsMovedFromOnSuccessOnly) {
  auto c = make_chan<std::unique_ptr<int>>(1);
  auto p = std::make_unique<int>(1), q = std::make_unique<int>(2);
  EXPECT_TRUE(c.try_send(p));
  EXPECT_FALSE(p);
  EXPECT_FALSE(c.try_send(q));
  EXPECT_TRUE(q);
}

GO_TEST(ChanElem, ChannelOfChannels) {
  struct request {
    int n;
    chan<int> reply;
    chan<request> next;  // of a type that is not complete yet
  };
  auto server = make_chan<request>();
  go([server] {
    for (auto& r : server) r.reply.send(r.n * 2);
  });
  for (int i = 0; i < 50; ++i) {
    auto reply = make_chan<int>();
    server.send({i, reply, {}});
    EXPECT_EQ(reply.recv(), 2 * i);
  }
  server.close();
}

}  // namespace
}  // namespace burrow
