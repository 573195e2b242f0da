// examples/kv/store.cc - see store.h.

#include "examples/kv/store.h"

#include <bit>
#include <mutex>
#include <vector>

#include "burrow/go.h"

namespace kv {

namespace {

constexpr int kSweptAtATime = 200;

// A value that was large does not keep its memory when it is small.
void assign(std::string& value, std::string_view to) {
  constexpr std::size_t kSmall = 4096;
  if (value.capacity() > kSmall && to.size() < value.capacity() / 2)
    value = std::string(to);
  else
    value.assign(to);
}

}  // namespace

void store::shard::forget(const item& i) {
  if (i.second.expires != 0) by_time.erase({i.second.expires, &i.first});
}

void store::shard::erase(table::iterator it) {
  forget(*it);
  keys.erase(it);
}

std::size_t store::size() {
  std::size_t n = 0;
  for (shard& s : shards_) {
    const std::lock_guard hold(s.lock);
    n += s.keys.size();
  }
  return n;
}

std::size_t store::expiring() {
  std::size_t n = 0;
  for (shard& s : shards_) {
    const std::lock_guard hold(s.lock);
    n += s.by_time.size();
  }
  return n;
}

// What was there is freed without the locks.
void store::clear() {
  std::vector<table> old(kShards);
  for (shard& s : shards_) s.lock.lock();
  for (std::size_t i = 0; i < kShards; ++i) {
    shards_[i].by_time.clear();
    old[i].swap(shards_[i].keys);
  }
  for (shard& s : shards_) s.lock.unlock();
}

void store::sweep(std::int64_t now) {
  for (shard& s : shards_) {
    for (bool more = true; more;) {
      {
        const std::lock_guard hold(s.lock);
        int n = 0;
        while (n < kSweptAtATime && !s.by_time.empty() &&
               s.by_time.begin()->first <= now) {
          s.erase(s.keys.find(*s.by_time.begin()->second));
          ++n;
        }
        more = n == kSweptAtATime;
      }
      if (more) burrow::yield();
    }
  }
}

store::section::section(store& s, std::int64_t now, const hashed& key)
    : s_(s), now_(now), held_(std::uint64_t{1} << shard_of(key)) {
  lock();
}

store::section::section(store& s, std::int64_t now, args a, std::size_t step)
    : s_(s), now_(now) {
  for (std::size_t i = 0; i < a.size(); i += step)
    held_ |= std::uint64_t{1} << shard_of(hashed(a[i]));
  lock();
}

void store::section::lock() {
  for (std::uint64_t rest = held_; rest != 0; rest &= rest - 1)
    s_.shards_[static_cast<std::size_t>(std::countr_zero(rest))].lock.lock();
}

store::section::~section() {
  for (std::uint64_t rest = held_; rest != 0; rest &= rest - 1)
    s_.shards_[static_cast<std::size_t>(std::countr_zero(rest))].lock.unlock();
}

store::item* store::section::find(const hashed& key) {
  shard& s = of(key);
  const auto it = s.keys.find(key);
  if (it == s.keys.end()) return nullptr;
  const std::int64_t when = it->second.expires;
  if (when == 0 || when > now_) return &*it;
  s.erase(it);
  return nullptr;
}

store::item& store::section::set(const hashed& key, std::string_view value,
                                 expiry_of_old old) {
  item* i = find(key);
  if (i == nullptr)
    return *of(key).keys.emplace(key.text, entry{std::string(value)}).first;
  assign(i->second.value, value);
  if (old == expiry_of_old::drop) expire(*i, key, 0);
  return *i;
}

bool store::section::erase(const hashed& key) {
  shard& s = of(key);
  const auto it = s.keys.find(key);
  if (it == s.keys.end()) return false;
  const std::int64_t when = it->second.expires;
  s.erase(it);
  return when == 0 || when > now_;
}

void store::section::expire(item& i, const hashed& key, std::int64_t when) {
  if (i.second.expires == when) return;
  shard& s = of(key);
  s.forget(i);
  i.second.expires = when;
  if (when != 0) s.by_time.emplace(when, &i.first);
}

}  // namespace kv
