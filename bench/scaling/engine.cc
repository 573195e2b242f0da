// bench/scaling/engine.cc - threads in the order of their clocks.
#include "bench/scaling/engine.h"

#include <bitset>
#include <boost/context/detail/fcontext.hpp>
#include <deque>
#include <unordered_map>

namespace sim {

namespace {

namespace bc = boost::context::detail;

constexpr std::size_t kStack = std::size_t{256} << 10;
constexpr int kNowhere = -1;

struct thread {
  bc::fcontext_t ctx = nullptr;
  void (*fn)(void*) = nullptr;
  void* arg = nullptr;
  void* data = nullptr;
  picos now = 0;
  picos stolen = 0;          // by interrupts, not yet on the clock
  picos drained = 0;         // when its stores are all out
  const void* on = nullptr;  // sleeps on
  bool woken = false;
  picos asleepsince = -1;
  int at = kNowhere;  // in the heap
};

struct line {
  int owner = -1;  // alone; -1: shared, or nobody
  std::bitset<kMaxCores> sharers;
  picos busy = 0;
  int name = 0;
};

struct {
  costs c;
  counts n;
  std::deque<thread> threads;
  std::vector<int> heap;  // of thread numbers, earliest first
  int cur = -1;
  bool on = false;
  bool quiet = false;
  bc::fcontext_t back = nullptr;
  picos barrierbusy = 0;
  std::unordered_map<std::uintptr_t, line> lines;
  std::unordered_map<std::uintptr_t, std::deque<int>> sleepers;
} e;

bool before(int a, int b) {
  const thread &x = e.threads[static_cast<std::size_t>(a)],
               &y = e.threads[static_cast<std::size_t>(b)];
  return x.now != y.now ? x.now < y.now : a < b;
}

void place(std::size_t i, int t) {
  e.heap[i] = t;
  e.threads[static_cast<std::size_t>(t)].at = static_cast<int>(i);
}

void up(std::size_t i) {
  const int t = e.heap[i];
  for (; i > 0 && before(t, e.heap[(i - 1) / 2]); i = (i - 1) / 2)
    place(i, e.heap[(i - 1) / 2]);
  place(i, t);
}

void down(std::size_t i) {
  const int t = e.heap[i];
  for (;;) {
    std::size_t child = 2 * i + 1;
    if (child >= e.heap.size()) break;
    if (child + 1 < e.heap.size() && before(e.heap[child + 1], e.heap[child]))
      child++;
    if (!before(e.heap[child], t)) break;
    place(i, e.heap[child]);
    i = child;
  }
  place(i, t);
}

void push(int t) {
  e.heap.push_back(t);
  up(e.heap.size() - 1);
}

void removeat(std::size_t i) {
  e.threads[static_cast<std::size_t>(e.heap[i])].at = kNowhere;
  const int last = e.heap.back();
  e.heap.pop_back();
  if (i == e.heap.size()) return;
  place(i, last);
  down(i);
  up(static_cast<std::size_t>(e.threads[static_cast<std::size_t>(last)].at));
}

thread& me() { return e.threads[static_cast<std::size_t>(e.cur)]; }

// What the context that was left is, is stored where it said.
void arrive(bc::transfer_t t) {
  *static_cast<bc::fcontext_t*>(t.data) = t.fctx;
}

void begin(bc::transfer_t t) {
  arrive(t);
  thread& x = me();
  x.fn(x.arg);
  fail("a thread has ended");
}

// Goes on with whoever is next; the caller is in the heap, or asleep.
void next() {
  thread& from = me();
  if (e.heap.empty() || !e.on) {
    e.cur = -1;
    arrive(bc::jump_fcontext(e.back, &from.ctx));
    return;
  }
  const int t = e.heap[0];
  removeat(0);
  if (t == e.cur) return;
  e.cur = t;
  arrive(bc::jump_fcontext(me().ctx, &from.ctx));
}

// Lets those go first who are earlier.
void sync() {
  for (;;) {
    thread& x = me();
    if (x.stolen > 0) {
      x.now += x.stolen;
      x.stolen = 0;
    }
    if (e.on && (e.heap.empty() || before(e.cur, e.heap[0]))) return;
    push(e.cur);
    next();
  }
}

line& lineof(const void* at) {
  line& l = e.lines[reinterpret_cast<std::uintptr_t>(at) / 64];
  return l;
}

picos distance(int from, int to) {
  return from / e.c.socket == to / e.c.socket ? e.c.near : e.c.far;
}

// How far the line is: for a load from the nearest who has it, for a store from the
// farthest, who has to let go.
picos fetch(const line& l, int core, access how) {
  if (l.owner >= 0) return distance(l.owner, core);
  if (l.sharers.none()) return e.c.memory;
  int near = 0;
  const int first = core / e.c.socket * e.c.socket;
  for (int i = first; i < first + e.c.socket && i < kMaxCores; i++)
    near += l.sharers[static_cast<std::size_t>(i)] ? 1 : 0;
  if (how == access::load) return near > 0 ? e.c.near : e.c.far;
  return l.sharers.count() > static_cast<std::size_t>(near) ? e.c.far
                                                            : e.c.near;
}

// A transfer of l that begins now at the earliest; when it is over.
picos transfer(line& l, int core, picos from, access how) {
  tally& t = e.n.lines[static_cast<std::size_t>(l.name)];
  t.transfers++;
  picos start = from;
  if (l.busy > start) {
    t.contended++;
    t.waited += l.busy - start;
    start = l.busy;
  }
  return start + fetch(l, core, how);
}

}  // namespace

void setup(const costs& c) {
  e.c = c;
  e.n = {};
  e.n.names = {"goroutines and objects"};
  e.n.lines.assign(1, {});
}

void name(const char* what, const void* at, std::size_t bytes) {
  int id = -1;
  for (std::size_t i = 0; i < e.n.names.size(); i++)
    if (e.n.names[i] == what) id = static_cast<int>(i);
  if (id < 0) {
    id = static_cast<int>(e.n.names.size());
    e.n.names.emplace_back(what);
    e.n.lines.emplace_back();
  }
  const auto from = reinterpret_cast<std::uintptr_t>(at) / 64;
  const auto to = (reinterpret_cast<std::uintptr_t>(at) + bytes + 63) / 64;
  for (auto l = from; l < to; l++) e.lines[l].name = id;
}

int start(void (*fn)(void*), void* arg, picos delay) {
  const int id = static_cast<int>(e.threads.size());
  if (id >= kMaxCores) fail("more threads than cores");
  thread& x = e.threads.emplace_back();
  x.fn = fn;
  x.arg = arg;
  x.now = (e.cur >= 0 ? me().now : 0) + delay;
  char* lo = static_cast<char*>(arena(kStack));
  x.ctx = bc::make_fcontext(lo + kStack, kStack, begin);
  if (e.on) e.n.threads++;
  push(id);
  return id;
}

void run() {
  e.on = true;
  e.cur = e.heap[0];
  removeat(0);
  arrive(bc::jump_fcontext(me().ctx, &e.back));
}

// The caller never goes on.
void stop() {
  e.n.makespan = me().now;
  e.on = false;
  next();
}

bool running() { return e.on && e.cur >= 0 && !e.quiet; }
void quiet(bool on) { e.quiet = on; }
int self() { return e.cur; }
picos now() { return e.cur >= 0 ? me().now : 0; }
void* self_data() { return e.cur >= 0 ? me().data : nullptr; }
void set_self_data(void* what) { me().data = what; }

void touch(const void* at, access how) {
  if (!running()) return;
  sync();
  e.n.steps++;
  thread& x = me();
  const int core = e.cur;
  line& l = lineof(at);
  const auto bit = static_cast<std::size_t>(core);
  if (how == access::load) {
    if (l.owner == core || l.sharers[bit]) {
      x.now += e.c.hit;
      return;
    }
    x.now = l.busy = transfer(l, core, x.now, how);
    if (l.owner < 0 && l.sharers.none()) {
      l.owner = core;  // exclusive
      return;
    }
    if (l.owner >= 0) l.sharers.set(static_cast<std::size_t>(l.owner));
    l.owner = -1;
    l.sharers.set(bit);
    return;
  }
  if (how == access::locked) {
    if (x.drained > x.now) x.now = x.drained;
    x.now += e.c.locked;
  }
  if (l.owner == core) {
    x.now += e.c.hit;
    return;
  }
  const picos over = transfer(l, core, x.now, how);
  l.owner = core;
  l.sharers.reset();
  l.busy = over;
  if (how == access::locked) {
    x.now = over;
  } else {
    x.now += e.c.hit;
    if (over > x.drained) x.drained = over;
  }
}

void fence() {
  if (!running()) return;
  sync();
  thread& x = me();
  if (x.drained > x.now) x.now = x.drained;
  x.now += e.c.locked;
}

void work(picos cost) {
  if (running()) me().now += cost;
}

void compute(picos cost) {
  if (!running()) return;
  e.n.busy += cost;
  me().now += cost;
  sync();
}

void pause(int turns) {
  if (!running()) return;
  e.n.pauses += static_cast<std::uint64_t>(turns);
  me().now += turns * e.c.pause;
}

void barrier() {
  if (!running()) return;
  sync();
  thread& x = me();
  picos at = x.now + e.c.barrier;
  // The kernel does one at a time.
  if (at < e.barrierbusy) at = e.barrierbusy;
  e.n.barriers++;
  for (std::size_t i = 0; i < e.threads.size(); i++) {
    thread& o = e.threads[i];
    if (&o == &x || o.on != nullptr) continue;
    o.stolen += e.c.interrupt;
    at += e.c.barriercore;
    e.n.interrupts++;
  }
  x.now = e.barrierbusy = at + e.c.interrupt;
  if (x.drained > x.now) x.now = x.drained;
  sync();
}

bool sleepon(const void* addr, bool stillval, picos most, bool exact) {
  thread& x = me();
  x.now += e.c.syscall;
  if (!stillval) return false;
  x.now += e.c.sleepcall;
  e.n.sleeps++;
  e.n.lines[static_cast<std::size_t>(lineof(addr).name)].sleeps++;
  x.woken = false;
  x.on = addr;
  e.sleepers[reinterpret_cast<std::uintptr_t>(addr)].push_back(e.cur);
  x.asleepsince = x.now;
  if (most >= 0) {
    x.now += most + (exact ? 0 : e.c.slack);
    push(e.cur);
  }
  const int id = e.cur;
  next();
  thread& y = e.threads[static_cast<std::size_t>(id)];
  if (!y.woken) {
    auto& q = e.sleepers[reinterpret_cast<std::uintptr_t>(addr)];
    for (auto i = q.begin(); i != q.end(); ++i)
      if (*i == id) {
        q.erase(i);
        break;
      }
    y.now += e.c.wakelate;
  }
  y.on = nullptr;
  y.stolen = 0;
  return y.woken;
}

int wake(const void* addr, int most) {
  if (!running()) return 0;
  sync();
  thread& x = me();
  x.now += e.c.syscall;
  auto it = e.sleepers.find(reinterpret_cast<std::uintptr_t>(addr));
  int n = 0;
  while (it != e.sleepers.end() && !it->second.empty() && n < most) {
    const int id = it->second.front();
    it->second.pop_front();
    thread& y = e.threads[static_cast<std::size_t>(id)];
    x.now += e.c.wakecall;
    y.woken = true;
    if (y.at != kNowhere) removeat(static_cast<std::size_t>(y.at));
    y.now = x.now + e.c.wakelate;
    y.stolen = 0;
    push(id);
    e.n.wakes++;
    n++;
  }
  return n;
}

void nap(picos time, bool exact) {
  thread& x = me();
  x.now += e.c.syscall;
  x.on = &x;  // not interrupted meanwhile
  x.now += time + (exact ? 0 : e.c.slack);
  sync();
  me().on = nullptr;
}

counts& counted() { return e.n; }
const costs& cost() { return e.c; }

}  // namespace sim
