// bench/scaling/workloads.cc - the programs that are run under each scheduler.
#include "bench/scaling/workloads.h"

#include <utility>
#include <vector>

#include "bench/scaling/poll.h"
#include "bench/scaling/protocol.h"
#include "burrow/chan.h"
#include "burrow/go.h"
#include "burrow/sync.h"
#include "runtime/sched/park.h"

namespace burrow::sim_workloads {

namespace {

using ::sim::kUs;
using ::sim::picos;

// Instructions of a call of go, or of a park, that touch no shared memory.
constexpr picos kCall = 10 * ::sim::kNs;

int procs() { return ::sim::theplan().procs; }
int scaled(int n) {
  const int s = static_cast<int>(n * ::sim::theplan().scale);
  return s < 1 ? 1 : s;
}

#if defined(SCALING_REAL)
// On real processors (real.cc) nothing is free: what is compared is counts.
void waited(picos) {}
class countdown {
 public:
  explicit countdown(int n) { wg_.add(n); }
  void done() { wg_.done(); }
  void wait() { wg_.wait(); }

 private:
  wait_group wg_;
};
#else
void waited(picos since) {
  ::sim::result().latency.push_back(::sim::now() - since);
}

// countdown lets one goroutine wait for many, at no cost but that of waking it: what
// is measured shall be the scheduler, and not one counter of the program's.
class countdown {
 public:
  explicit countdown(int n) : left_(n) {
    ::sim::result().lost += static_cast<unsigned>(n);
  }
  void done() {
    ::sim::result().lost--;
    if (--left_ > 0 || waiter_ == nullptr) return;
    rt::goready(waiter_);
  }
  void wait() {
    if (left_ == 0) return;
    rt::gopark(parked, this, nullptr, rt::waitreason::wait_group);
  }

 private:
  static void parked(void* arg) {
    auto* self = static_cast<countdown*>(arg);
    self->waiter_ = self->me_;
    if (self->left_ == 0) {
      self->waiter_ = nullptr;
      rt::goready(self->me_);
    }
  }
  int left_;
  rt::g* waiter_ = nullptr;
  rt::g* me_ = rt::getg();
};
#endif

template <typename F>
void spawn(countdown& all, F f) {
  ::sim::work(kCall);
  const picos since = ::sim::now();
  go([&all, f, since] {
    waited(since);
    f();
    all.done();
  });
}

void finished(std::uint64_t tasks, picos work) {
  ::sim::result().tasks = tasks;
  ::sim::result().ideal = work / procs();
}

// One makes waves of short goroutines, and waits for each wave.
void waves() {
  const int width = 16 * procs(), turns = scaled(procs() > 32 ? 5 : 20);
  for (int i = 0; i < turns; i++) {
    countdown all(width);
    for (int k = 0; k < width; k++) spawn(all, [] { ::sim::compute(2 * kUs); });
    all.wait();
  }
  finished(static_cast<std::uint64_t>(width) * static_cast<unsigned>(turns),
           2 * kUs * width * turns);
}

// A goroutine a call.
void fib(int n) {
  ::sim::compute(kUs / 2);
  if (n < 2) return;
  wait_group wg;
  ::sim::work(kCall);
  const picos since = ::sim::now();
  wg.go([n, since] {
    waited(since);
    fib(n - 1);
  });
  fib(n - 2);
  wg.wait();
}
void tree() {
  const int n = procs() > 32 ? 21 : 18;
  fib(n);
  // Calls: as many as fib(n + 1) twice, less one.
  std::uint64_t calls = 1, before = 1;
  for (int i = 1; i < n; i++) before = std::exchange(calls, calls + before + 1);
  finished(calls, static_cast<picos>(calls) * kUs / 2);
}

void pairs(int n) {
  const int trips = scaled(40000 / n + 20);
  countdown all(2 * n);
  for (int i = 0; i < n; i++) {
    auto there = make_chan<picos>(), back = make_chan<picos>();
    spawn(all, [there, back, trips] {
      for (int k = 0; k < trips; k++) {
        there.send(::sim::now());
        ::sim::work(kCall);
        waited(*back.recv());
      }
    });
    spawn(all, [there, back, trips] {
      for (int k = 0; k < trips; k++) {
        waited(*there.recv());
        ::sim::work(kCall);
        back.send(::sim::now());
      }
    });
  }
  all.wait();
  finished(static_cast<std::uint64_t>(n) * 2 * static_cast<unsigned>(trips), 0);
}

// One hands work to a worker a P, over one channel, and collects over another.
void fan() {
  const int workers = procs(), jobs = scaled(4000 + 40 * workers);
  auto out = make_chan<picos>(64);
  auto in = make_chan<int>(64);
  countdown all(workers + 1);
  for (int i = 0; i < workers; i++)
    spawn(all, [out, in] {
      while (auto since = out.recv()) {
        waited(*since);
        ::sim::compute(20 * kUs);
        in.send(1);
      }
    });
  spawn(all, [out, jobs] {
    for (int i = 0; i < jobs; i++) out.send(::sim::now());
    out.close();
  });
  for (int i = 0; i < jobs; i++) in.recv();
  all.wait();
  finished(static_cast<unsigned>(jobs), 20 * kUs * jobs);
}

void ring() {
  const int n = 1000, turns = scaled(20);
  std::vector<chan<picos>> c;
  for (int i = 0; i < n; i++) c.push_back(make_chan<picos>());
  countdown all(n);
  for (int i = 0; i < n; i++)
    spawn(all, [from = c[static_cast<std::size_t>(i)],
                to = c[static_cast<std::size_t>((i + 1) % n)], i] {
      for (int k = 0; k < scaled(20); k++) {
        waited(*from.recv());
        ::sim::work(kCall);
        if (k + 1 < scaled(20) || i + 1 < n) to.send(::sim::now());
      }
    });
  c[0].send(::sim::now());
  all.wait();
  finished(static_cast<std::uint64_t>(n) * static_cast<unsigned>(turns), 0);
}

// One makes all the goroutines there are, and computes for as long as they take.
void skewed() {
  const int n = scaled(40) * procs();
  countdown all(n);
  for (int i = 0; i < n; i++) spawn(all, [] { ::sim::compute(20 * kUs); });
  ::sim::compute(400 * kUs);
  all.wait();
  finished(static_cast<unsigned>(n), 20 * kUs * n + 400 * kUs);
}

struct parking {
  int i;
  rt::g* gp;
};

void requests(picos length) {
  const int n = 16 * procs() + 64;
  const int total = static_cast<int>(::sim::requests());
  countdown all(total);
  for (int i = 0; i < n; i++)
    go([i, length, &all] {
      parking here{i, rt::getg()};
      for (;;) {
        const picos since = ::sim::nextrequest(i);
        if (since < 0) {
          rt::gopark(
              [](void* arg) {
                auto* h = static_cast<parking*>(arg);
                rt::g* gp = h->gp;  // the frame may be gone once it is parked
                if (!::sim::pollpark(h->i, gp)) rt::goready(gp);
              },
              &here, nullptr, rt::waitreason::io_wait);
          continue;
        }
        waited(since);
        ::sim::work(600 * ::sim::kNs);  // a read and a write
        ::sim::compute(length);
        all.done();
      }
    });
  all.wait();
  finished(static_cast<unsigned>(total), length * total);
}

}  // namespace

void perform(const ::std::string& name) {
  if (name == "waves") return waves();
  if (name == "tree") return tree();
  if (name == "pairs-few") return pairs(procs() > 1 ? procs() / 2 : 1);
  if (name == "pairs-many") return pairs(4 * procs());
  if (name == "fan") return fan();
  if (name == "ring") return ring();
  if (name == "skewed") return skewed();
  if (name.rfind("requests-", 0) == 0)
    return requests(::std::atoi(name.c_str() + 9) * kUs);
  ::sim::fail("no such workload");
}

}  // namespace burrow::sim_workloads
