// examples/kv/strings.cc - commands that read and write values.

#include <limits>
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

void bulk_or_null(client& c, const store::item* i) {
  if (i == nullptr) return c.out.null();
  c.out.bulk(i->second.value);
}

// What stands behind SET key value.
struct set_options {
  enum class only { always, absent, present } when = only::always;
  bool get = false, keepttl = false;
  std::optional<std::string_view> ttl;
  unit of = unit::seconds;

  // False: a syntax error.
  bool read(args a) {
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!flag(a[i]) && !time(a, i)) return false;
    return true;
  }

 private:
  bool flag(std::string_view s) {
    if (same(s, "nx") && when != only::present) {
      when = only::absent;
    } else if (same(s, "xx") && when != only::absent) {
      when = only::present;
    } else if (same(s, "get")) {
      get = true;
    } else if (same(s, "keepttl") && !ttl) {
      keepttl = true;
    } else {
      return false;
    }
    return true;
  }

  bool time(args a, std::size_t& i) {
    const bool ms = same(a[i], "px");
    if ((!ms && !same(a[i], "ex")) || ttl || keepttl || i + 1 == a.size())
      return false;
    of = ms ? unit::ms : unit::seconds;
    ttl = a[++i];
    return true;
  }
};

// When the key that SET makes expires; nullopt: the answer is an error.
std::optional<std::int64_t> expiry_of(client& c, const set_options& o) {
  if (!o.ttl) return 0;
  const std::optional<std::int64_t> n = integer(*o.ttl);
  if (!n) {
    not_an_integer(c);
    return std::nullopt;
  }
  const auto when = *n > 0 ? moment(c.now, *n, o.of) : std::nullopt;
  if (!when) bad_expire(c, "set");
  return when;
}

void add(client& c, std::string_view name, std::int64_t by) {
  const hashed key(name);
  section s(c.db, c.now, key);
  store::item* i = s.find(key);
  std::int64_t n = 0;
  if (i != nullptr) {
    const std::optional<std::int64_t> old = integer(i->second.value);
    if (!old) return not_an_integer(c);
    n = *old;
  }
  if (__builtin_add_overflow(n, by, &n))
    return c.out.error("ERR increment or decrement would overflow");
  char text[24];
  const char* end = std::to_chars(text, text + sizeof text, n).ptr;
  const std::string_view value(text, static_cast<std::size_t>(end - text));
  if (i != nullptr) {
    i->second.value = value;
  } else {
    s.set(key, value);
  }
  c.out.integer(n);
}

}  // namespace

void get(client& c, args a) {
  const hashed key(a[1]);
  section s(c.db, c.now, key);
  bulk_or_null(c, s.find(key));
}

void set(client& c, args a) {
  set_options o;
  if (!o.read(a.subspan(3))) return syntax_error(c);
  const std::optional<std::int64_t> when = expiry_of(c, o);
  if (!when) return;
  const hashed key(a[1]);
  section s(c.db, c.now, key);
  using enum set_options::only;
  if (o.get || o.when != always) {
    const store::item* old = s.find(key);
    if (o.get) bulk_or_null(c, old);
    if ((old != nullptr ? absent : present) == o.when) {
      if (!o.get) c.out.null();
      return;
    }
  }
  using enum section::expiry_of_old;
  store::item& i = s.set(key, a[2], o.keepttl ? keep : drop);
  if (*when != 0) s.expire(i, key, *when);
  if (!o.get) c.out.ok();
}

void mget(client& c, args a) {
  const args keys = a.subspan(1);
  section s(c.db, c.now, keys, 1);
  c.out.array(keys.size());
  for (const std::string_view k : keys) bulk_or_null(c, s.find(hashed(k)));
}

void mset(client& c, args a) {
  const args pairs = a.subspan(1);
  if (pairs.size() % 2 != 0) return wrong_number(c, "mset");
  section s(c.db, c.now, pairs, 2);
  for (std::size_t i = 0; i < pairs.size(); i += 2)
    s.set(hashed(pairs[i]), pairs[i + 1]);
  c.out.ok();
}

void incr(client& c, args a) { add(c, a[1], 1); }

void decr(client& c, args a) { add(c, a[1], -1); }

void incrby(client& c, args a) {
  const std::optional<std::int64_t> by = integer(a[2]);
  if (!by) return not_an_integer(c);
  add(c, a[1], *by);
}

void decrby(client& c, args a) {
  const std::optional<std::int64_t> by = integer(a[2]);
  if (!by) return not_an_integer(c);
  if (*by == std::numeric_limits<std::int64_t>::min())
    return c.out.error("ERR decrement would overflow");
  add(c, a[1], -*by);
}

}  // namespace kv
