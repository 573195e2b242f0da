// tests/model/engine.h - the inside of the checker: memory, and who may step.
#pragma once

#include <array>
#include <boost/context/detail/fcontext.hpp>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tests/model/model.h"

namespace model {

inline constexpr std::size_t kMaxLocations =
    40;  // statics of all variants, too
inline constexpr std::size_t kMaxThreads = 4;
inline constexpr int kNowhere = 255;  // an event at no location

// view is, for each location, the number of the oldest write that may be read.
using view = std::array<std::uint8_t, kMaxLocations>;

struct message {
  word value;
  view carried;  // what an acquire load of it makes visible
};

struct event {
  char kind;  // of "LSRXfhsgc": load, store, rmw, plain, flush, fence, spin,
              // signal, choice
  std::uint8_t thread;
  std::uint8_t at;
  word value;
};

struct thread {
  boost::context::detail::fcontext_t ctx = nullptr;
  std::function<void()> body;
  std::function<void()> handler;
  bool done = false;
  unsigned pending = 0;     // signals
  bool delivering = false;  // resumed for it
  bool inhandler = false;
  bool naps = false;  // spins, but for a time only
  int wants = -1;     // waits for this location to be 0: a lock
  int sleepson = -1;  // waits for it not to be 0, perhaps for ever
  int spinsat = -1;   // waits for a change of this location
  int lastloaded = -1;
  word lastvalue = 0;
  std::size_t lastwrite = 0;  // weak: its number
  word history = 0, place = 0;
  std::vector<std::pair<int, word>> buffer;  // tso
  view now{}, atacquire{}, atrelease{};      // weak
};

class engine {
 public:
  report run(memory how, const std::function<execution()>& setup);

  int add(word init);
  int addghost(word init);
  void init(int id, word v) { writes(id).back().value = v; }
  void name(int id, const char* text);
  word load(int id, std::memory_order order);
  void store(int id, word v, std::memory_order order);
  word rmw(int id, std::memory_order order, std::memory_order failing,
           bool (*fn)(void*, word&), void* arg);
  word plainload(int id);
  void plainstore(int id, word v);
  void lock(int id);
  void sleep(int id);
  void heavy();
  void full();
  void spin(bool naps);
  bool flip();
  void raise(std::size_t i);
  void forget(word place) { self().history = self().place = place; }
  word place() { return self().place; }
  void reached(unsigned n) { out_.reached |= word{1} << n; }
  std::size_t current() const { return current_; }
  [[noreturn]] void fail(const char* why);
  word& ghostat(int id) { return ghosts_[static_cast<std::size_t>(id)]; }

 private:
  struct choice {
    unsigned taken, of;
    std::size_t step;  // in which it was made
  };
  // What one step was, for the next execution to do it again without a look
  // at who can.
  struct scripted {
    std::uint8_t who;
    bool chosen;
  };

  // Search.
  void runone(const std::function<execution()>& setup);
  bool runsteps();
  using whocan = std::array<std::uint8_t, 3 * kMaxThreads + 1>;
  static constexpr std::uint8_t kNoMore = 3 * kMaxThreads;
  unsigned candidates(whocan& can) const;
  bool ended();
  void take(std::uint8_t who);
  bool nextpath();
  unsigned choose(unsigned n);
  word hash() const;
  std::string account(const char* why) const;
  void violate(const char* why);

  // Threads. All but resume run on a thread's stack.
  void start(std::size_t i);
  void resume(std::size_t i);
  static void entry(boost::context::detail::transfer_t t);
  void pause();
  void step();
  void handle();
  thread& self() { return threads_[current_]; }
  bool blocked(const thread& t) const;
  void note(char kind, int id, word v);

  // Memory.
  std::vector<message>& writes(int id) {
    return writes_[static_cast<std::size_t>(id)];
  }
  word newest(int id) const {
    return writes_[static_cast<std::size_t>(id)].back().value;
  }
  void flushone(std::size_t t);
  void fence(thread& t);
  void put(thread& t, int id, word v, const view& carried);
  const view& releaseview(thread& t, std::memory_order order);

  memory how_ = memory::tso;
  std::vector<choice> path_;
  std::vector<scripted> script_;
  std::size_t step_ = 0;
  std::size_t at_ = 0;
  std::unordered_set<word> seen_;
  report out_;

  std::vector<word> statics_;
  bool running_ = false;
  std::vector<std::vector<message>> writes_;  // tso: one write each, the newest
  std::vector<const char*> names_;
  std::vector<word> ghosts_;
  view sc_{};

  std::vector<thread> threads_;
  std::array<std::unique_ptr<char[]>, kMaxThreads> stacks_;
  std::size_t current_ = 0;
  boost::context::detail::fcontext_t back_ = nullptr;
  std::vector<event> events_;
  std::function<word()> rest_;
};

engine& theengine();

}  // namespace model
