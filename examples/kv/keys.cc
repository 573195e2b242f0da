// examples/kv/keys.cc - commands about keys, whatever their values.

#include <optional>
#include <string>

#include "examples/kv/commands.h"
#include "examples/kv/number.h"
#include "examples/kv/store.h"
#include "examples/kv/text.h"
#include "examples/kv/times.h"

namespace kv {

namespace {

using section = store::section;

// When EXPIRE does what it is asked to.
struct expire_options {
  bool nx = false, xx = false, gt = false, lt = false;

  // False: the answer is an error.
  bool read(client& c, args a) {
    for (const std::string_view s : a) {
      if (same(s, "nx")) {
        nx = true;
      } else if (same(s, "xx")) {
        xx = true;
      } else if (same(s, "gt")) {
        gt = true;
      } else if (same(s, "lt")) {
        lt = true;
      } else {
        c.out.error("ERR Unsupported option " + std::string(s));
        return false;
      }
    }
    if (nx && (xx || gt || lt)) {
      c.out.error(
          "ERR NX and XX, GT or LT options at the same time are not "
          "compatible");
      return false;
    }
    if (gt && lt)
      c.out.error("ERR GT and LT options at the same time are not compatible");
    return !(gt && lt);
  }

  // A key that never expires does so later than any other.
  bool allow(std::int64_t old, std::int64_t when) const noexcept {
    if (nx && old != 0) return false;
    if (xx && old == 0) return false;
    if (gt && (old == 0 || when <= old)) return false;
    return !(lt && old != 0 && when >= old);
  }
};

void expire_in(client& c, args a, unit u) {
  expire_options o;
  if (!o.read(c, a.subspan(3))) return;
  const std::optional<std::int64_t> n = integer(a[2]);
  if (!n) return not_an_integer(c);
  const std::optional<std::int64_t> when = moment(c.now, *n, u);
  if (!when) return bad_expire(c, u == unit::ms ? "pexpire" : "expire");
  const hashed key(a[1]);
  section s(c.db, c.now, key);
  store::item* i = s.find(key);
  if (i == nullptr || !o.allow(i->second.expires, *when))
    return c.out.integer(0);
  if (*when <= c.now) {
    s.erase(key);
  } else {
    s.expire(*i, key, *when);
  }
  c.out.integer(1);
}

void time_left(client& c, args a, unit u) {
  const hashed key(a[1]);
  section s(c.db, c.now, key);
  const store::item* i = s.find(key);
  if (i == nullptr) return c.out.integer(-2);
  if (i->second.expires == 0) return c.out.integer(-1);
  const std::int64_t ms = i->second.expires - c.now;
  c.out.integer(u == unit::ms ? ms : (ms + 500) / 1000);
}

// How many of the keys a command that is given each in turn says yes to.
template <typename F>
void count_keys(client& c, args a, F f) {
  const args keys = a.subspan(1);
  section s(c.db, c.now, keys, 1);
  std::int64_t n = 0;
  for (const std::string_view k : keys) n += f(s, hashed(k)) ? 1 : 0;
  c.out.integer(n);
}

}  // namespace

void del(client& c, args a) {
  count_keys(c, a, [](section& s, const hashed& k) { return s.erase(k); });
}

void exists(client& c, args a) {
  count_keys(c, a,
             [](section& s, const hashed& k) { return s.find(k) != nullptr; });
}

void expire(client& c, args a) { expire_in(c, a, unit::seconds); }

void pexpire(client& c, args a) { expire_in(c, a, unit::ms); }

void ttl(client& c, args a) { time_left(c, a, unit::seconds); }

void pttl(client& c, args a) { time_left(c, a, unit::ms); }

void persist(client& c, args a) {
  const hashed key(a[1]);
  section s(c.db, c.now, key);
  store::item* i = s.find(key);
  const bool had = i != nullptr && i->second.expires != 0;
  if (had) s.expire(*i, key, 0);
  c.out.integer(had ? 1 : 0);
}

void dbsize(client& c, args) {
  c.out.integer(static_cast<std::int64_t>(c.db.size()));
}

void flushall(client& c, args a) {
  if (a.size() > 2 ||
      (a.size() == 2 && !same(a[1], "async") && !same(a[1], "sync")))
    return syntax_error(c);
  c.db.clear();
  c.out.ok();
}

}  // namespace kv
