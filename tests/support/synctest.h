// tests/support/synctest.h - what the tests of the sync types share.
#pragma once

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "burrow/burrow.h"
#include "tests/support/gotest.h"

namespace burrow::testsupport {

// on_all runs f(i) for i in [0, n) on goroutines, and in [n, n + m) on threads
// that burrow did not make, and returns when all have ended.
template <class F>
void on_all(int n, int m, F f) {
  wait_group wg;
  wg.add(n + m);
  for (int i = 0; i < n; ++i) {
    burrow::go([&, i] {
      f(i);
      wg.done();
    });
  }
  std::vector<std::thread> threads;
  for (int i = n; i < n + m; ++i) {
    threads.emplace_back([&, i] {
      f(i);
      wg.done();
    });
  }
  wg.wait();
  for (std::thread& t : threads) t.join();
}

}  // namespace burrow::testsupport
