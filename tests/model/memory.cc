// tests/model/memory.cc - the two memories of the checker: tso and weak.
#include <algorithm>
#include <cstdlib>

#include "tests/model/engine.h"

namespace model {

namespace {

bool acquires(std::memory_order o) {
  return o == std::memory_order_acquire || o == std::memory_order_acq_rel ||
         o == std::memory_order_seq_cst;
}

bool releases(std::memory_order o) {
  return o == std::memory_order_release || o == std::memory_order_acq_rel ||
         o == std::memory_order_seq_cst;
}

void join(view& into, const view& from) {
  for (std::size_t i = 0; i < into.size(); i++)
    into[i] = std::max(into[i], from[i]);
}

}  // namespace

int engine::add(word init) {
  if (!running_) {
    statics_.push_back(init);
    return static_cast<int>(statics_.size() - 1);
  }
  if (writes_.size() == kMaxLocations) std::abort();
  writes_.push_back({{init, {}}});
  names_.push_back(nullptr);
  return static_cast<int>(writes_.size() - 1);
}

int engine::addghost(word init) {
  ghosts_.push_back(init);
  return static_cast<int>(ghosts_.size() - 1);
}

void engine::name(int id, const char* text) {
  names_[static_cast<std::size_t>(id)] = text;
}

void engine::flushone(std::size_t i) {
  thread& t = threads_[i];
  const auto [id, v] = t.buffer.front();
  t.buffer.erase(t.buffer.begin());
  writes(id).back().value = v;
  events_.push_back(
      {'f', static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(id), v});
}

// A full fence of t; and, as t's accesses are in order with it, of all that t
// has seen so far.
void engine::fence(thread& t) {
  if (how_ == memory::tso) {
    for (const auto& [id, v] : t.buffer) writes(id).back().value = v;
    t.buffer.clear();
    return;
  }
  join(t.now, t.atacquire);
  join(t.now, sc_);
  sc_ = t.atacquire = t.atrelease = t.now;
}

void engine::heavy() {
  const std::size_t me = current_;
  step();
  fence(self());
  note('h', kNowhere, me);
  // Whom the kernel interrupts first is its own affair.
  const std::size_t n = threads_.size();
  const bool up = n < 3 || choose(2) == 0;
  for (std::size_t k = 1; k < n; k++) {
    const std::size_t other = (me + (up ? k : n - k)) % n;
    step();
    fence(threads_[other]);
    note('h', kNowhere, other);
  }
  step();
  fence(self());
  note('h', kNowhere, me);
}

void engine::full() {
  step();
  fence(self());
  note('h', kNowhere, current_);
}

const view& engine::releaseview(thread& t, std::memory_order order) {
  return releases(order) ? t.now : t.atrelease;
}

// put makes a write to id that everybody may read from now on.
void engine::put(thread& t, int id, word v, const view& carried) {
  message m{v, carried};
  const auto i = static_cast<std::size_t>(id);
  if (writes(id).size() == 255) fail("too many writes to be counted");
  t.now[i] = static_cast<std::uint8_t>(writes(id).size());
  m.carried[i] = t.now[i];
  writes(id).push_back(m);
}

word engine::load(int id, std::memory_order order) {
  step();
  thread& t = self();
  word v = newest(id);
  if (how_ == memory::tso) {
    for (const auto& [at, value] : t.buffer)
      if (at == id) v = value;
  } else {
    const auto i = static_cast<std::size_t>(id);
    const auto n = static_cast<unsigned>(writes(id).size() - t.now[i]);
    const std::size_t which = writes(id).size() - 1 - choose(n);
    const message& m = writes(id)[which];
    v = m.value;
    t.lastwrite = which;
    t.now[i] = static_cast<std::uint8_t>(which);
    join(t.atacquire, m.carried);
    if (acquires(order)) join(t.now, m.carried);
  }
  t.lastloaded = id;
  t.lastvalue = v;
  note('L', id, v);
  return v;
}

void engine::store(int id, word v, std::memory_order order) {
  step();
  thread& t = self();
  if (how_ == memory::tso) {
    t.buffer.emplace_back(id, v);
  } else {
    put(t, id, v, releaseview(t, order));
  }
  note('S', id, v);
}

word engine::rmw(int id, std::memory_order order, std::memory_order failing,
                 bool (*fn)(void*, word&), void* arg) {
  step();
  thread& t = self();
  const message old = writes(id).back();
  word v = old.value;
  if (how_ == memory::tso) {
    fence(t);
    v = newest(id);
    word next = v;
    if (fn(arg, next)) writes(id).back().value = next;
    note('R', id, v);
    return v;
  }
  t.now[static_cast<std::size_t>(id)] =
      static_cast<std::uint8_t>(writes(id).size() - 1);
  word next = v;
  const bool writing = fn(arg, next);
  join(t.atacquire, old.carried);
  if (acquires(writing ? order : failing)) join(t.now, old.carried);
  if (writing) {
    view carried = releaseview(t, order);
    join(carried, old.carried);  // the release sequence goes on
    put(t, id, next, carried);
  }
  note('R', id, v);
  return v;
}

void engine::lock(int id) {
  thread& t = self();
  t.wants = id;
  pause();
  t.wants = -1;
  if (how_ == memory::tso) {
    fence(t);
    writes(id).back().value = 1;
  } else {
    const view carried = writes(id).back().carried;
    join(t.now, carried);
    join(t.atacquire, carried);
    put(t, id, 1, carried);
  }
  note('R', id, rest_ ? rest_() : 0);
}

void engine::sleep(int id) {
  thread& t = self();
  t.sleepson = id;
  pause();
  t.sleepson = -1;
  if (how_ == memory::weak) {
    join(t.now, writes(id).back().carried);
    join(t.atacquire, t.now);
  }
  note('L', id, newest(id));
}

word engine::plainload(int id) {
  thread& t = self();
  word v = newest(id);
  if (how_ == memory::tso) {
    for (const auto& [at, value] : t.buffer)
      if (at == id) v = value;
  } else if (t.now[static_cast<std::size_t>(id)] + 1u != writes(id).size()) {
    fail("a data race: the last write is not ordered before this load");
  }
  note('X', id, v);
  return v;
}

void engine::plainstore(int id, word v) {
  step();
  thread& t = self();
  if (how_ == memory::tso) {
    t.buffer.emplace_back(id, v);
  } else {
    if (t.now[static_cast<std::size_t>(id)] + 1u != writes(id).size())
      fail("a data race: the last write is not ordered before this store");
    put(t, id, v, t.atrelease);
  }
  note('X', id, v);
}

location::location(word init) : id_(theengine().add(init)) {}
void location::init(word v) { theengine().init(id_, v); }
word location::load(std::memory_order o) const {
  return theengine().load(id_, o);
}
void location::store(word v, std::memory_order o) {
  theengine().store(id_, v, o);
}
word location::rmw(std::memory_order o, std::memory_order failing,
                   bool (*fn)(void*, word&), void* arg) {
  return theengine().rmw(id_, o, failing, fn, arg);
}
void location::lock() { theengine().lock(id_); }
void location::sleep() const { theengine().sleep(id_); }
word location::plainload() const { return theengine().plainload(id_); }
void location::plainstore(word v) { theengine().plainstore(id_, v); }
void location::name(const char* text) const { theengine().name(id_, text); }

ghost::ghost(word init) : id_(theengine().addghost(init)) {}
word ghost::get() const { return theengine().ghostat(id_); }
void ghost::set(word v) { theengine().ghostat(id_) = v; }

void heavy() { theengine().heavy(); }
void full() { theengine().full(); }
void spin() { theengine().spin(false); }
void nap() { theengine().spin(true); }
bool flip() { return theengine().flip(); }
std::size_t self() { return theengine().current(); }
void raise(std::size_t i) { theengine().raise(i); }
void forget(word place) { theengine().forget(place); }
word place() { return theengine().place(); }
void reached(unsigned n) { theengine().reached(n); }
void fail(const char* why) { theengine().fail(why); }

}  // namespace model
