// tests/chan_alloc_test.cc - operations on channels allocate nothing.
//
// A program of its own, as it replaces operator new to count its calls.
#include <atomic>
#include <cstdlib>
#include <new>

#include "burrow/chan.h"
#include "burrow/select.h"
#include "tests/support/gotest.h"

namespace {
std::atomic<long> news{0};
}

void* operator new(std::size_t n) {
  news.fetch_add(1, std::memory_order_relaxed);
  void* p = std::malloc(n == 0 ? 1 : n);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}
// noinline: where free is seen to meet new, g++ takes it for a mistake.
__attribute__((noinline)) void operator delete(void* p) noexcept {
  std::free(p);
}
__attribute__((noinline)) void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

namespace burrow {
namespace {

constexpr int kN = 20000;
constexpr long kSlack = 50;  // what the scheduler may do once in a while

// allocations counts those of f, after a warm-up by f itself.
template <class F>
long allocations(F f) {
  f();
  const long before = news;
  f();
  return news - before;
}

GO_TEST(ChanAlloc, UnbufferedSendAndReceive) {
  auto ping = make_chan<int>(), pong = make_chan<int>();
  go([ping, pong] {
    for (int v : ping) pong.send(v);
  });
  EXPECT_LT(allocations([&] {
              for (int i = 0; i < kN; ++i) {
                ping.send(i);
                pong.recv();
              }
            }),
            kSlack);
  ping.close();
}

GO_TEST(ChanAlloc, BufferedAndNonBlocking) {
  auto c = make_chan<int>(8);
  EXPECT_EQ(allocations([&] {
              for (int i = 0; i < kN; ++i) {
                c.send(i);
                c.try_send(i);
                c.recv();
                c.try_recv();
                c.try_recv();
              }
            }),
            0);
}

GO_TEST(ChanAlloc, SelectThatBlocks) {
  auto a = make_chan<int>(), b = make_chan<int>();
  auto back = make_chan<unit>();
  go([=] {
    for (int i = 0;; ++i) {
      (i % 2 == 0 ? a : b).send(i);
      back.recv();
    }
  });
  EXPECT_LT(allocations([&] {
              for (int i = 0; i < kN; ++i) {
                int sum = 0;
                select(recv(a, [&](std::optional<int> v) { sum += *v; }),
                       recv(b, [&](std::optional<int> v) { sum += *v; }));
                back.send({});
              }
            }),
            kSlack);
}

GO_TEST(ChanAlloc, SelectWithADefault) {
  auto a = make_chan<int>(1), b = make_chan<int>();
  EXPECT_EQ(allocations([&] {
              for (int i = 0; i < kN; ++i) {
                select(send(a, i), recv(b), otherwise());
                select(recv(a), recv(b), otherwise());
                select(recv(a), recv(b), otherwise());
              }
            }),
            0);
}

}  // namespace
}  // namespace burrow
