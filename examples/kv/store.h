// examples/kv/store.h - the table of keys, in shards.
//
//   kv::store::section s(db, now, kv::hashed(key));
//   if (kv::store::item* i = s.find(kv::hashed(key))) use(i->second.value);
//
// A key belongs to one of 64 shards, by its hash; each has a mutex, a hash table
// and an index of the keys that expire, by time. A section holds the shards of all
// keys that a command names, locked in the order of their numbers: so a command is
// atomic, and sections cannot wait for each other in a circle.
//
// A key whose time has come is gone for whoever looks; sweep removes those that
// nobody looks for. The clock is the monotonic one, in ms.
//
// The hash is libstdc++'s, without a secret: who chooses keys can make them
// collide. A server for strangers would take a keyed one.
//
// Rejected: one lock. A mutex that every command takes passes from thread to
// thread, and each passing costs more than the command.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "burrow/sync.h"
#include "examples/kv/resp.h"

namespace kv {

// hashed is a key whose hash is computed once.
struct hashed {
  explicit hashed(std::string_view s)
      : text(s), hash(std::hash<std::string_view>()(s)) {}
  std::string_view text;
  std::size_t hash;
};

class store {
 public:
  struct entry {
    std::string value;
    std::int64_t expires = 0;  // ms, of now's clock; 0: never. Set by expire.
  };
  using item = std::pair<const std::string, entry>;

  class section;

  // size is the number of keys, of some that have expired, too.
  std::size_t size();

  // expiring is how many of them have a time to expire.
  std::size_t expiring();

  void clear();

  // sweep removes what has expired by now, a few keys at a time under a lock.
  void sweep(std::int64_t now);

 private:
  struct hasher {
    using is_transparent = void;
    // Not noexcept: so libstdc++ keeps each key's hash beside it.
    std::size_t operator()(const std::string& s) const {
      return std::hash<std::string>()(s);
    }
    std::size_t operator()(const hashed& k) const { return k.hash; }
  };
  struct equal {
    using is_transparent = void;
    bool operator()(const std::string& a, const std::string& b) const noexcept {
      return a == b;
    }
    bool operator()(const hashed& a, const std::string& b) const noexcept {
      return a.text == b;
    }
    bool operator()(const std::string& a, const hashed& b) const noexcept {
      return a == b.text;
    }
  };
  using table = std::unordered_map<std::string, entry, hasher, equal>;
  using expiry = std::pair<std::int64_t, const std::string*>;

  struct alignas(64) shard {
    burrow::mutex lock;
    table keys;                // lock
    std::set<expiry> by_time;  // lock; keys with an expires, by address

    void forget(const item& i);
    void erase(table::iterator it);
  };
  static constexpr std::size_t kShards = 64;
  static constexpr int kShardBits = 6;

  // The highest bits: the table within a shard uses them all, modulo a prime.
  static std::size_t shard_of(const hashed& k) noexcept {
    return k.hash >> (8 * sizeof k.hash - kShardBits);
  }

  std::array<shard, kShards> shards_;
};

// section is the right to the shards of some keys. Context: blocks; no other
// section of the goroutine's may be open. now is ms of the monotonic clock.
class store::section {
 public:
  section(store& s, std::int64_t now, const hashed& key);

  // The keys are a[0], a[step], a[2 * step] ...
  section(store& s, std::int64_t now, args a, std::size_t step);

  ~section();
  section(const section&) = delete;
  section& operator=(const section&) = delete;

  // find returns the key's item, null if there is none. It is valid until the key
  // is erased, at the longest as long as the section.
  item* find(const hashed& key);

  // set makes key's value what it is to be; keep_expiry: and leaves it the time
  // that it had. Returns the item.
  enum class expiry_of_old { drop, keep };
  item& set(const hashed& key, std::string_view value,
            expiry_of_old old = expiry_of_old::drop);

  bool erase(const hashed& key);  // whether it was there

  // expire: when in ms; 0: never.
  void expire(item& i, const hashed& key, std::int64_t when);

 private:
  shard& of(const hashed& key) noexcept { return s_.shards_[shard_of(key)]; }
  void lock();

  store& s_;
  const std::int64_t now_;
  std::uint64_t held_ = 0;  // a bit for each shard
};

}  // namespace kv
