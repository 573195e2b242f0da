// tests/support/chantest.h - what the tests of channels and select share.
//
// Nothing here sleeps: a test that needs somebody to be blocked on a channel
// looks at the channel's queues until he is.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <utility>

#include "burrow/chan.h"
#include "tests/support/gotest.h"

namespace burrow::testsupport {

// waiters counts the goroutines that are queued on c.
template <class Chan>
int waiters(const Chan& c) {
  detail::hchan* h = detail::chan_access::get(c);
  int n = 0;
  h->lock.lock();
  for (detail::sudog* s = h->recvq.first; s != nullptr; s = s->next) ++n;
  for (detail::sudog* s = h->sendq.first; s != nullptr; s = s->next) ++n;
  h->lock.unlock();
  return n;
}

template <class Chan>
void await_waiters(const Chan& c, int n) {
  while (waiters(c) != n) yield();
}

// counted counts its instances. It can be moved and nothing else.
struct counted {
  static inline std::atomic<int> alive{0};   // all, moved-from ones too
  static inline std::atomic<int> values{0};  // those that hold a value

  explicit counted(int n) : v(n) {
    ++alive;
    ++values;
  }
  counted(counted&& o) noexcept : v(std::exchange(o.v, kGone)) { ++alive; }
  counted& operator=(counted&&) = delete;
  ~counted() {
    --alive;
    if (v != kGone) --values;
    v = kDead;
  }

  static constexpr int kGone = -1, kDead = -2;
  int v;
};

// balance fails the test if instances were lost, or destroyed twice.
struct balance {
  ~balance() {
    EXPECT_EQ(counted::alive, 0);
    EXPECT_EQ(counted::values, 0);
  }
};

// group waits for goroutines by means of channels alone.
class group {
 public:
  template <class F>
  void go(F f) {
    ++n_;
    burrow::go([f = std::move(f), done = done_]() mutable {
      {
        F mine(std::move(f));  // gone, with its handles, when wait returns
        mine();
      }
      done.send(unit{});
    });
  }
  void wait() {
    for (; n_ > 0; --n_) done_.recv();
  }

 private:
  chan<unit> done_ = make_chan<unit>();
  int n_ = 0;
};

}  // namespace burrow::testsupport
