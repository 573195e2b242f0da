// bench/peers/threads/rows.cc - the rows on std::thread: a thread a task.
//
// What stands for a channel is a bounded queue of a mutex and two condition
// variables; one of capacity 1 stands for the unbuffered, which is less work
// than a rendezvous. Left out is what needs more threads at once than a system
// allows by default (32,000).
#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <iterator>
#include <mutex>
#include <string_view>
#include <thread>

#include "bench/peers/more_rows.h"
#include "bench/peers/rows.h"

namespace bench {
namespace {

template <class T>
class queue {
 public:
  explicit queue(std::size_t capacity) : capacity_(capacity) {}

  void send(T value) {
    std::unique_lock held(mu_);
    not_full_.wait(held, [&] { return items_.size() < capacity_; });
    items_.push_back(std::move(value));
    held.unlock();
    not_empty_.notify_one();
  }

  bool recv(T& value) {
    std::unique_lock held(mu_);
    not_empty_.wait(held, [&] { return !items_.empty() || closed_; });
    if (items_.empty()) return false;
    value = std::move(items_.front());
    items_.pop_front();
    held.unlock();
    not_full_.notify_one();
    return true;
  }

  void close() {
    std::lock_guard held(mu_);
    closed_ = true;
    not_empty_.notify_all();
  }

 private:
  std::mutex mu_;
  std::condition_variable not_empty_;
  std::condition_variable not_full_;
  std::deque<T> items_;
  std::size_t capacity_;
  bool closed_ = false;
};

struct threads {
  using task = std::thread;
  using mutex = std::mutex;
  using condition = std::condition_variable;
  template <class T>
  using unbuffered = queue<T>;
  template <class T>
  using buffered = queue<T>;

  template <class F>
  static task spawn(F f) {
    return std::thread(std::move(f));
  }
  template <class F>
  static auto async(F f) {
    return std::async(std::launch::async, std::move(f));
  }
  static void yield() { std::this_thread::yield(); }
  static void sleep(std::chrono::nanoseconds d) {
    std::this_thread::sleep_for(d);
  }
};

}  // namespace

std::vector<row> all_rows() {
  std::vector<row> rows = peer<threads>::table();
  std::ranges::copy(peer_more<threads>::table(), std::back_inserter(rows));
  std::ranges::copy(peer_more<threads>::hog_table(), std::back_inserter(rows));
  std::erase_if(rows, [](const row& r) {
    for (std::string_view many :
         {"SpawnWave1M", "Skynet1M", "Fib25", "Fib25Async", "Parked100k",
          "Parked1M", "Timers100k", "UTS", "Burst100k"}) {
      if (many == r.name) return true;
    }
    return false;
  });
  return rows;
}

// As many processors as asked for, of those that this process may use.
void run_at(int procs, const std::function<void()>& body) {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  sched_getaffinity(0, sizeof usable, &usable);
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &usable) && --procs < 0) CPU_CLR(cpu, &usable);
  }
  sched_setaffinity(0, sizeof usable, &usable);
  // In a process of one thread std::mutex does without locked instructions.
  // No program that needs a mutex is one.
  std::promise<void> over;
  std::thread another([&over] { over.get_future().wait(); });
  body();
  over.set_value();
  another.join();
}

}  // namespace bench
