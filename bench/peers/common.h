// bench/peers/common.h - what the rows of the peers in C++ are made with.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace bench {

template <class Api>
class common {
 protected:
  using task = typename Api::task;
  using lock = std::unique_lock<typename Api::mutex>;
  template <class T>
  using link = std::shared_ptr<typename Api::template unbuffered<T>>;

  template <class T>
  static link<T> make_link() {
    return std::make_shared<typename Api::template unbuffered<T>>(1);
  }

  // spawn_all makes `count` tasks of f(i) and waits for their end.
  template <class F>
  static void spawn_all(std::int64_t count, F f) {
    std::vector<task> all;
    all.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      all.push_back(Api::spawn([f, i] { f(i); }));
    }
    for (task& t : all) t.join();
  }

  // latch opens when as many have arrived.
  class latch {
   public:
    explicit latch(std::int64_t missing) : missing_(missing) {}
    void arrive() {
      lock held(mu_);
      if (--missing_ == 0) all_here_.notify_all();
    }
    void wait() {
      lock held(mu_);
      all_here_.wait(held, [&] { return missing_ == 0; });
    }

   private:
    typename Api::mutex mu_;
    typename Api::condition all_here_;
    std::int64_t missing_;
  };
};

}  // namespace bench
