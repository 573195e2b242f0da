// tests/model/owned_programs.cc - threads that count in a wait group and wait for it,
// by its very code: whose counter one of them owns, until another waits.
//
// The property: nobody's wait returns before all have said done(), and everybody's does
// in the end; what was written before done() is seen after it; and after that wait the
// object may end: nobody touches it any more.
//
// What is not the runtime's own source here: the slow path of spinlock, the queue of
// waiters and their sleep. No child is run in place, and there are always owners. A
// thread stands for all its goroutines: these do not switch while they count.
#if defined(MODEL_COUNT)  // else there is no variant
#include <new>
#include <vector>

#include "tests/model/atomic.h"
#include "tests/model/variant.h"

namespace burrow::detail {

inline model::ghost* gone;

// As in burrow::rt; but who touches one when the object has ended is found out.
namespace std {

using namespace ::burrow::rt::std;

template <typename T>
class atomic : public ::burrow::rt::std::atomic<T> {
  using base = ::burrow::rt::std::atomic<T>;

 public:
  using base::base;

  T load(memory_order o) const noexcept { return here(base::load(o)); }
  void store(T v, memory_order o) noexcept {
    base::store(v, o);
    here(v);
  }
  bool compare_exchange_strong(T& expected, T v, memory_order o,
                               memory_order failing) noexcept {
    return here(base::compare_exchange_strong(expected, v, o, failing));
  }
  bool compare_exchange_weak(T& expected, T v, memory_order o) noexcept {
    return compare_exchange_strong(expected, v, o, o);
  }
  T exchange(T v, memory_order o) noexcept {
    return here(base::exchange(v, o));
  }
  T fetch_add(T v, memory_order o) noexcept {
    return here(base::fetch_add(v, o));
  }
  T fetch_sub(T v, memory_order o) noexcept {
    return here(base::fetch_sub(v, o));
  }

 private:
  template <typename V>
  static V here(V v) noexcept {
    model::require(gone->get() == 0, "touched after its end");
    return v;
  }
};

}  // namespace std

constexpr ::std::uintptr_t tid(::std::size_t i) noexcept { return 16 + i; }

// A bit for each thread that waits; under the lock.
struct waitq {
  model::location waiting{0};
  bool empty() const noexcept { return waiting.plainload() == 0; }
};
struct sudog {};

}  // namespace burrow::detail

namespace burrow {
namespace std = detail::std;

struct panic_error {
  explicit panic_error(const char* why) { model::fail(why); }
};

template <typename F>
void go(F) {}

}  // namespace burrow

// With all members public.
#include MODEL_SPINLOCK
#include MODEL_COUNT
#include MODEL_OWNING
#include MODEL_GROUP

namespace burrow::detail {

enum reach : unsigned { kParked, kTakenAway, kOwnerByWaking };

constexpr ::std::size_t kThreads = 3;

struct world {
  model::ghost ended{0};  // the object is gone
  wait_group group;
  model::ghost pending{0};  // that somebody has still to say done()
  model::ghost waits{0};    // that have not returned
  model::location woken[kThreads]{model::location(0), model::location(0),
                                  model::location(0)};
  model::location round{0};  // the second has begun
  model::location moved{0};  // a goroutine has come to the owner's thread
  model::location field[kThreads]{model::location(0), model::location(0),
                                  model::location(0)};
};
alignas(world) inline unsigned char room[sizeof(world)];
inline world& theworld() {
  return *::std::launder(reinterpret_cast<world*>(room));
}

void spinlock::lock_slow() noexcept {
  for (;;) {
    if (word_.load(rt::relaxed) != 0) {
      model::spin();
      continue;
    }
    if (word_.exchange(1, rt::acquire) == 0) return;
  }
}

}  // namespace burrow::detail

namespace burrow::rt {

enum class waitreason { wait_group };

[[noreturn]] inline void fatal(const char* why) noexcept { model::fail(why); }
inline bool joinchild(::std::int64_t, waitreason) noexcept { return false; }
template <class Count>
::std::int64_t joincounted(const Count&, ::std::int64_t n,
                           waitreason) noexcept {
  return n;
}

using detail::spinlock, detail::sudog, detail::waitq, detail::theworld;

inline void waiton(spinlock& lock, waitq& q, sudog&, waitreason) noexcept {
  const ::std::size_t me = model::self();
  q.waiting.plainstore(q.waiting.plainload() | model::word{1} << me);
  model::reached(detail::kParked);
  lock.unlock();
  theworld().woken[me].sleep();
  theworld().woken[me].store(0, relaxed);
}

inline sudog* popall(waitq& q) noexcept {
  const model::word all = q.waiting.plainload();
  q.waiting.plainstore(0);
  return reinterpret_cast<sudog*>(all);
}

inline void readyall(sudog* s) noexcept {
  const auto all = reinterpret_cast<model::word>(s);
  for (::std::size_t i = 0; i < detail::kThreads; i++)
    if ((all >> i & 1) != 0) theworld().woken[i].store(1, release);
}

inline void detachall(spinlock& lock, waitq& q) noexcept {
  lock.lock();
  model::require(q.empty(), "the object ends while somebody waits");
  lock.unlock();
}

}  // namespace burrow::rt

#include MODEL_SLOW

namespace burrow::detail {

namespace {

void add(int n) {
  world& w = theworld();
  w.pending.set(w.pending.get() + static_cast<model::word>(n));
  w.group.add(n);
}

void done() {
  world& w = theworld();
  model::location& mine = w.field[model::self()];
  mine.plainstore(mine.plainload() + 1);
  w.pending.set(w.pending.get() - 1);
  w.group.done();
}

void wait() {
  world& w = theworld();
  w.group.wait();
  model::require(w.pending.get() == 0, "wait returns too early");
  for (const model::location& f : w.field) f.plainload();
  w.waits.set(w.waits.get() - 1);
}

// end is what may follow wait.
void end() {
  world& w = theworld();
  w.group.~wait_group();
  w.ended.set(1);
  // Nothing is under way to it either.
  w.group.count_.owner_.end(7);
  w.group.count_.inop_.end(7);
  w.group.lock_.word_.end(7);
}

void waitandend() {
  wait();
  end();
}

void begin() { theworld().round.store(1, rt::release); }
void await() { theworld().round.sleep(); }
void move() { theworld().moved.store(1, rt::release); }
void arrive() { theworld().moved.sleep(); }

// What is counted: in the owner's part, and in that of the others.
struct parts {
  int own, others;
  explicit(false) parts(int n, int m = 0) noexcept : own(n), others(m) {}
};

// A program: what is counted, how often is waited, the threads.
template <typename... Threads>
model::scenario make(const char* name, parts count, int waits,
                     const char* memories, Threads... threads) {
  return {name, memories, [=] {
            auto& w = *new (room) world;
            gone = &w.ended;
            w.pending.set(static_cast<model::word>(count.own + count.others));
            w.waits.set(static_cast<model::word>(waits));
            ownedcount& c = w.group.count_;
            c.owner_.init(tid(0));
            c.own_.init(count.own);
            c.word_.init(count.others * ownedcount::kOne + ownedcount::kOwned);
            c.owner_.name("owner");
            c.own_.name("own");
            c.word_.name("word");
            c.inop_.name("inop");
            w.group.lock_.word_.name("lock");
            w.group.q_.waiting.name("waiting");
            for (const model::location& f : w.woken) f.name("woken");
            for (const model::location& f : w.field) f.name("field");
            model::execution e;
            (e.threads.push_back(threads), ...);
            e.atend = [] {
              world& last = theworld();
              const wait_group& g = last.group;
              model::require(last.waits.get() == 0, "somebody waits for ever");
              const bool ended = last.ended.get() != 0;
              last.ended.set(0);
              const auto o = g.count_.owner_.load(rt::relaxed);
              model::require(
                  !ended || (o == 7 && g.count_.inop_.load(rt::relaxed) == 7 &&
                             g.lock_.word_.load(rt::relaxed) == 7),
                  "a store comes after its end");
              if (!ended && o > tid(0)) model::reached(kOwnerByWaking);
            };
            return e;
          }};
}

::std::vector<model::scenario> scenarios() {
  return {
      make(
          "the owner waits for another", 2, 1, "tso weak",
          [] {
            done();
            wait();
            end();
          },
          [] { done(); }),
      make(
          "another waits for the owner", 1, 1, "tso weak",
          [] {
            add(1);
            done();
            done();
          },
          waitandend),
      make(
          "who wakes the owner is the next", 1, 1, "tso weak", [] { wait(); },
          [] { done(); }),
      make(
          "the owner waits for two", 2, 1, "tso weak", waitandend,
          [] { done(); }, [] { done(); }),
      make(
          "another waits for the owner and a third", 2, 1, "tso weak",
          [] { done(); }, [] { done(); }, waitandend),
      make(
          "the owner ends what another has added", {1, 1}, 1, "tso weak",
          [] {
            done();
            done();
          },
          waitandend),
      make(
          "who was added by another is done with by the owner", 1, 1,
          "tso weak",
          [] {
            arrive();
            done();
          },
          [] {
            add(1);
            move();
            done();
          },
          waitandend),
      make(
          "own comes back to a number that word was right for", 1, 1, "tso",
          [] {
            add(2);
            begin();
            arrive();
            done();
            done();
          },
          [] {
            await();
            done();
            add(1);
            move();
            done();
          },
          waitandend),
      make(
          "two wait", 1, 2, "tso", [] { wait(); }, [] { wait(); },
          [] { done(); }),
      make(
          "two rounds", 1, 2, "tso weak",
          [] {
            wait();
            add(1);
            begin();
            wait();
            end();
          },
          [] {
            done();
            await();
            add(1);
            done();
            done();
          }),
      make(
          "nothing is added in the first of two rounds", 1, 2, "weak",
          [] { add(0); },
          [] {
            wait();
            add(1);
            begin();
            wait();
          },
          [] {
            done();
            await();
            add(1);
            add(-2);
          }),
  };
}

[[maybe_unused]] const bool registered = [] {
  model::variants().push_back({MODEL_VARIANT, MODEL_FOUND_IN, scenarios()});
  return true;
}();

}  // namespace

}  // namespace burrow::detail

#endif
