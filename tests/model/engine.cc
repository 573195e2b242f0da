// tests/model/engine.cc - the search, and the threads it steps through.
#include "tests/model/engine.h"

#include <algorithm>
#include <cstdio>

namespace model {

namespace {

namespace bc = boost::context::detail;

constexpr std::size_t kStack = std::size_t{64} << 10;
constexpr std::size_t kMaxSteps = 2000;

word mix(word h, word v) {
  h = (h ^ v) * 0x9e3779b97f4a7c15;
  return h ^ (h >> 29);
}

word mixview(word h, const view& v, std::size_t n) {
  for (std::size_t i = 0; i < n; i++) h = mix(h, v[i]);
  return h;
}

}  // namespace

engine& theengine() {
  static engine it;
  return it;
}

// ---- Search ----

report engine::run(memory how, const std::function<execution()>& setup) {
  how_ = how;
  path_.clear();
  seen_.clear();
  out_ = {};
  do {
    runone(setup);
    out_.executions++;
  } while (!out_.violated && nextpath());
  out_.states = seen_.size();
  return std::move(out_);
}

bool engine::nextpath() {
  while (!path_.empty() && path_.back().taken + 1 == path_.back().of)
    path_.pop_back();
  if (path_.empty()) return false;
  path_.back().taken++;
  return true;
}

unsigned engine::choose(unsigned n) {
  if (n == 1) return 0;
  if (at_ == path_.size()) path_.push_back({0, n, step_});
  return path_[at_++].taken;
}

void engine::runone(const std::function<execution()>& setup) {
  at_ = 0;
  events_.clear();
  writes_.clear();
  names_.clear();
  ghosts_.clear();
  sc_ = {};
  for (word init : statics_) writes_.push_back({{init, {}}});
  names_.resize(statics_.size(), nullptr);
  running_ = true;
  execution e = setup();
  threads_.assign(e.threads.size(), {});
  for (std::size_t i = 0; i < threads_.size(); i++) {
    threads_[i].body = std::move(e.threads[i]);
    if (i < e.handlers.size()) threads_[i].handler = std::move(e.handlers[i]);
    start(i);
  }
  rest_ = std::move(e.rest);
  if (runsteps() && e.atend) {
    threads_.assign(1, {});
    threads_[0].body = std::move(e.atend);
    for (std::size_t id = 0; id < writes_.size(); id++)
      threads_[0].now[id] = static_cast<std::uint8_t>(writes_[id].size() - 1);
    start(0);
    while (!out_.violated && !threads_[0].done) resume(0);
  }
  running_ = false;
}

// Who can make a step: threads by number, their buffers after them, and their
// signals after these. Where only signals are left, they may come no more.
unsigned engine::candidates(whocan& can) const {
  unsigned n = 0, signals = 0;
  for (std::size_t i = 0; i < threads_.size(); i++) {
    const thread& t = threads_[i];
    if ((!t.done || t.inhandler) && !blocked(t))
      can[n++] = static_cast<std::uint8_t>(i);
    if (!t.buffer.empty())
      can[n++] = static_cast<std::uint8_t>(kMaxThreads + i);
    if (t.pending != 0 && !t.inhandler) {
      can[n++] = static_cast<std::uint8_t>(2 * kMaxThreads + i);
      signals++;
    }
  }
  if (n > 0 && n == signals) can[n++] = kNoMore;
  return n;
}

void engine::take(std::uint8_t who) {
  if (who < kMaxThreads) {
    resume(who);
  } else if (who < 2 * kMaxThreads) {
    flushone(who - kMaxThreads);
  } else {
    threads_[who - 2 * kMaxThreads].delivering = true;
    resume(who - 2 * kMaxThreads);
  }
}

// Nobody can go on. Whether all have come to their ends, or sleep; that one naps is as good
// as another execution, in which it has chosen to wait no longer.
bool engine::ended() {
  bool alldone = true, onenaps = false;
  for (const thread& t : threads_) {
    alldone = alldone && (t.done || t.sleepson >= 0);
    onenaps = onenaps || (t.spinsat >= 0 && t.naps);
  }
  if (!alldone && !onenaps) violate("a thread waits for ever");
  return alldone;
}

// Runs to the end of the execution (true), to a violation, or to a state that is
// known.
bool engine::runsteps() {
  const std::size_t known = path_.empty() ? 0 : path_.back().step;
  for (step_ = 0; step_ < known; step_++) {
    if (script_[step_].chosen) at_++;
    take(script_[step_].who);
  }
  script_.resize(known);
  for (; !out_.violated; step_++) {
    whocan can;
    const unsigned n = candidates(can);
    if (n == 0) return ended();
    if (step_ == kMaxSteps) violate("no end");
    if (n > 1 && at_ >= path_.size() && !seen_.insert(hash()).second)
      return false;
    const std::uint8_t who = can[choose(n)];
    if (who == kNoMore) return ended();
    script_.push_back({who, n > 1});
    take(who);
  }
  return false;
}

word engine::hash() const {
  word h = rest_ ? rest_() : 1;
  const std::size_t n = writes_.size();
  for (const auto& w : writes_) {
    h = mix(h, w.size());
    for (const message& m : w)
      h = how_ == memory::tso ? mix(h, m.value)
                              : mixview(mix(h, m.value), m.carried, n);
  }
  for (word g : ghosts_) h = mix(h, g);
  for (const thread& t : threads_) {
    h = mix(mix(h, t.history), static_cast<word>(t.spinsat));
    h = mix(h, static_cast<word>(t.wants * 64 + t.sleepson));
    h = mix(h, t.buffer.size() * 16 + t.pending);
    for (const auto& [id, v] : t.buffer)
      h = mix(mix(h, static_cast<word>(id)), v);
    if (how_ == memory::tso) continue;
    h = mixview(mixview(mixview(h, t.now, n), t.atacquire, n), t.atrelease, n);
  }
  return how_ == memory::tso ? h : mixview(h, sc_, n);
}

std::string engine::account(const char* why) const {
  std::string out = why;
  out += "\n";
  for (const event& e : events_) {
    char line[128];
    const char* name = e.at < names_.size() ? names_[e.at] : nullptr;
    const char* what = e.kind == 'L'   ? "loads"
                       : e.kind == 'S' ? "stores"
                       : e.kind == 'R' ? "exchanges"
                       : e.kind == 'X' ? "plain"
                       : e.kind == 'f' ? "  flushes"
                       : e.kind == 'h' ? "fences"
                       : e.kind == 'g' ? "is signalled"
                       : e.kind == 'c' ? "chooses"
                                       : "spins on";
    std::snprintf(line, sizeof line, "  thread %d %-9s %-14s %llx\n", e.thread,
                  what, name != nullptr ? name : "-",
                  static_cast<unsigned long long>(e.value));
    out += line;
  }
  return out;
}

// ---- Threads ----

void engine::entry(bc::transfer_t t) {
  auto* e = static_cast<engine*>(t.data);
  e->back_ = t.fctx;
  e->self().body();
  e->self().done = true;
  e->forget(~word{0});
  for (;;) e->step();  // its handler may run yet
}

void engine::start(std::size_t i) {
  if (stacks_[i] == nullptr) stacks_[i] = std::make_unique<char[]>(kStack);
  threads_[i].ctx = bc::make_fcontext(stacks_[i].get() + kStack, kStack, entry);
  resume(i);
}

void engine::resume(std::size_t i) {
  current_ = i;
  threads_[i].spinsat = -1;
  const bc::transfer_t t = bc::jump_fcontext(threads_[i].ctx, this);
  threads_[i].ctx = t.fctx;
}

void engine::pause() { back_ = bc::jump_fcontext(back_, nullptr).fctx; }

void engine::step() {
  pause();
  while (self().delivering) {
    handle();
    pause();
  }
}

// handle runs the thread's handler, which leaves nothing behind in the thread but
// its views and its stores.
void engine::handle() {
  thread& t = self();
  const int lastloaded = t.lastloaded;
  const word lastvalue = t.lastvalue;
  const std::size_t lastwrite = t.lastwrite;
  const word history = t.history;
  t.pending--;
  t.delivering = false;
  t.inhandler = true;
  note('g', kNowhere, 0);
  t.handler();
  t.inhandler = false;
  note('g', kNowhere, 1);
  t.history = history;
  t.lastloaded = lastloaded;
  t.lastvalue = lastvalue;
  t.lastwrite = lastwrite;
}

bool engine::blocked(const thread& t) const {
  if (t.wants >= 0) return newest(t.wants) != 0;
  if (t.sleepson >= 0) return newest(t.sleepson) == 0;
  if (t.spinsat < 0) return false;
  const auto id = static_cast<std::size_t>(t.spinsat);
  if (how_ == memory::tso) return newest(t.spinsat) == t.lastvalue;
  return writes_[id].size() - 1 == t.lastwrite;
}

void engine::note(char kind, int id, word v) {
  const auto at = static_cast<std::uint8_t>(id);
  events_.push_back({kind, static_cast<std::uint8_t>(current_), at, v});
  thread& t = self();
  t.history = mix(mix(mix(t.history, static_cast<word>(kind)), at), v);
}

void engine::fail(const char* why) {
  violate(why);
  for (;;) pause();
}

// The spinner goes on when there is something else to read; then it does read
// that, for no processor keeps a write to itself for ever.
void engine::spin(bool naps) {
  thread& t = self();
  const int id = t.lastloaded;
  note('s', id, t.lastvalue);
  t.spinsat = id;
  t.naps = naps;
  pause();
  while (t.delivering) {
    handle();
    t.spinsat = id;
    t.naps = naps;
    pause();
  }
  if (how_ == memory::tso) return;
  auto& oldest = t.now[static_cast<std::size_t>(id)];
  oldest = std::max(oldest, static_cast<std::uint8_t>(t.lastwrite + 1));
}

bool engine::flip() {
  const bool it = choose(2) != 0;
  note('c', kNowhere, it ? 1 : 0);
  return it;
}

void engine::raise(std::size_t i) {
  if (threads_[i].handler != nullptr) threads_[i].pending++;
}

void engine::violate(const char* why) {
  out_.violated = true;
  out_.why = account(why);
}

report explore(memory how, const std::function<execution()>& setup) {
  return theengine().run(how, setup);
}

}  // namespace model
