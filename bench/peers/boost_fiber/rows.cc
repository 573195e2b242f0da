// bench/peers/boost_fiber/rows.cc - the rows on Boost.Fiber.
//
// One processor: round_robin, stacks of 16 KiB from a pool. More: work_stealing,
// and stacks from malloc, as that pool belongs to one thread. It has no select
// and does not preempt.
#include <algorithm>
#include <boost/fiber/algo/work_stealing.hpp>
#include <boost/fiber/all.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>
#include <iterator>
#include <mutex>
#include <thread>

#include "bench/peers/more_rows.h"
#include "bench/peers/rows.h"

namespace bench {
namespace {

namespace fibers = boost::fibers;

constexpr std::size_t kStackBytes = 16 * 1024;

// The pool of run_at's thread; none where several threads make fibers.
fibers::pooled_fixedsize_stack* pool = nullptr;

template <class Channel, class T>
class channel {
 public:
  explicit channel(std::size_t capacity)
      : c_([capacity] {
          if constexpr (std::is_constructible_v<Channel, std::size_t>) {
            return Channel(capacity);
          } else {
            static_cast<void>(capacity);
            return Channel();
          }
        }()) {}
  void send(T value) { c_.push(std::move(value)); }
  bool recv(T& value) {
    return c_.pop(value) == fibers::channel_op_status::success;
  }
  void close() { c_.close(); }

 private:
  Channel c_;
};

struct boost_fiber {
  using task = fibers::fiber;
  using mutex = fibers::mutex;
  using condition = fibers::condition_variable;
  template <class T>
  using unbuffered = channel<fibers::unbuffered_channel<T>, T>;
  template <class T>
  using buffered = channel<fibers::buffered_channel<T>, T>;

  template <class F>
  static task spawn(F f) {
    if (pool != nullptr) {
      return task(fibers::launch::post, std::allocator_arg, *pool,
                  std::move(f));
    }
    return task(fibers::launch::post, std::allocator_arg,
                fibers::fixedsize_stack(kStackBytes), std::move(f));
  }
  template <class F>
  static auto async(F f) {
    fibers::packaged_task<decltype(f())()> work(std::move(f));
    auto result = work.get_future();
    spawn(std::move(work)).detach();
    return result;
  }
  static void yield() { boost::this_fiber::yield(); }
  static void sleep(std::chrono::nanoseconds d) {
    boost::this_fiber::sleep_for(d);
  }
};

}  // namespace

std::vector<row> all_rows() {
  std::vector<row> rows = peer<boost_fiber>::table();
  std::ranges::copy(peer_more<boost_fiber>::table(), std::back_inserter(rows));
  return rows;
}

void run_at(int procs, const std::function<void()>& body) {
  if (procs == 1) {
    fibers::pooled_fixedsize_stack stacks(kStackBytes);
    pool = &stacks;
    body();
    pool = nullptr;
    return;
  }
  auto count = static_cast<std::uint32_t>(procs);
  fibers::mutex mu;
  fibers::condition_variable over;
  bool done = false;
  std::vector<std::thread> workers;
  for (int i = 1; i < procs; ++i) {
    workers.emplace_back([&] {
      fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(count);
      std::unique_lock held(mu);
      over.wait(held, [&] { return done; });
    });
  }
  fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(count);
  body();
  {
    std::lock_guard held(mu);
    done = true;
  }
  over.notify_all();
  for (std::thread& w : workers) w.join();
}

}  // namespace bench
