// mutexes - a map that many goroutines write, behind a mutex.
//
// Shows   rw_mutex, and the standard library's locks on it
// Run     ./examples/mutexes
// Output  a: 20000
//         b: 10000
#include <cstdio>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "burrow/burrow.h"

namespace {

// counters keeps the mutex beside what it protects. A rw_mutex lets readers in
// together; a plain burrow::mutex is smaller when nobody only reads.
class counters {
 public:
  void add(const std::string& name) {
    std::lock_guard<burrow::rw_mutex> lock(mutex_);
    ++values_[name];
  }

  int get(const std::string& name) const {
    std::shared_lock<burrow::rw_mutex> lock(mutex_);
    const auto found = values_.find(name);
    return found == values_.end() ? 0 : found->second;
  }

 private:
  mutable burrow::rw_mutex mutex_;
  std::map<std::string, int> values_;
};

}  // namespace

int main() {
  return burrow::run([] {
    counters c;

    burrow::wait_group writers;
    for (const char* name : {"a", "a", "b"}) {
      // A goroutine that waits for the mutex is parked: its thread goes on
      // with other goroutines.
      writers.go([&c, name] {
        for (int i = 0; i < 10000; ++i) c.add(name);
      });
    }
    writers.wait();

    for (const char* name : {"a", "b"})
      std::printf("%s: %d\n", name, c.get(name));
  });
}
