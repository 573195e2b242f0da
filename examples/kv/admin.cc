// examples/kv/admin.cc - commands about the connection and the server.

#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "burrow/go.h"
#include "examples/kv/commands.h"
#include "examples/kv/number.h"
#include "examples/kv/server.h"
#include "examples/kv/store.h"
#include "examples/kv/text.h"

namespace kv {

namespace {

constexpr std::string_view kVersion = "7.0.0";  // what clients may expect of us

using setting = std::pair<std::string, std::string>;

std::vector<setting> settings(client& c) {
  return {
      {"appendonly", "no"},
      {"maxclients", std::to_string(c.server.bounds().clients)},
      {"proto-max-bulk-len", std::to_string(request_parser::kMaxBulk)},
      {"save", ""},
  };
}

std::string section_text(client& c, std::string_view name) {
  const auto line = [](std::string_view key, auto value) {
    return std::string(key) + ":" + std::to_string(value) + "\r\n";
  };
  const server::figures f = c.server.stats();
  if (name == "server")
    return "# Server\r\nredis_version:" + std::string(kVersion) + "\r\n" +
           "redis_mode:standalone\r\n" + line("process_id", ::getpid()) +
           line("tcp_port", c.server.address().port()) +
           line("uptime_in_seconds", f.uptime) +
           line("processors", burrow::maxprocs()) +
           line("goroutines", burrow::num_goroutine());
  if (name == "clients")
    return "# Clients\r\n" + line("connected_clients", f.clients) +
           line("maxclients", c.server.bounds().clients);
  if (name == "stats")
    return "# Stats\r\n" + line("total_connections_received", f.connections) +
           line("total_commands_processed", f.commands);
  if (name != "keyspace") return "";
  const std::size_t keys = c.db.size();
  if (keys == 0) return "# Keyspace\r\n";
  return "# Keyspace\r\ndb0:keys=" + std::to_string(keys) +
         ",expires=" + std::to_string(c.db.expiring()) + ",avg_ttl=0\r\n";
}

void describe(client& c, const command* what) {
  if (what == nullptr) return c.out.raw("*-1\r\n");
  c.out.array(6);
  c.out.bulk(what->name);
  c.out.integer(what->arity);
  c.out.array(0);
  for (const int n : {what->first, what->last, what->step}) c.out.integer(n);
}

void describe_some(client& c, args names) {
  if (names.empty()) {
    c.out.array(commands().size());
    for (const command& what : commands()) describe(c, &what);
    return;
  }
  c.out.array(names.size());
  for (const std::string_view n : names) describe(c, find_command(n));
}

bool printable(std::string_view s) {
  return std::ranges::all_of(s, [](char ch) { return ch > ' ' && ch <= '~'; });
}

// False: the answer is an error.
bool set_name(client& c, std::string_view name) {
  if (!printable(name)) {
    c.out.error(
        "ERR Client names cannot contain spaces, newlines or special "
        "characters.");
    return false;
  }
  c.name = name;
  return true;
}

void who_we_are(client& c) {
  c.out.array(14);
  const auto field = [&](std::string_view key, std::string_view value) {
    c.out.bulk(key);
    c.out.bulk(value);
  };
  field("server", "redis");
  field("version", kVersion);
  c.out.bulk("proto");
  c.out.integer(2);
  c.out.bulk("id");
  c.out.integer(static_cast<std::int64_t>(c.id));
  field("mode", "standalone");
  field("role", "master");
  c.out.bulk("modules");
  c.out.array(0);
}

// sub says whether this is the subcommand of that name; with another number of
// arguments than n, name included, the answer is an error (n < 0: at least -n).
enum class match { no, yes, answered };
match sub(client& c, args a, std::string_view name, int n) {
  if (!same(a[1], name)) return match::no;
  const auto given = static_cast<int>(a.size());
  if (n >= 0 ? given == n : given >= -n) return match::yes;
  wrong_number(c, lower(a[0]) + "|" + std::string(name));
  return match::answered;
}

}  // namespace

void ping(client& c, args a) {
  if (a.size() > 2) return wrong_number(c, "ping");
  if (a.size() == 2) return c.out.bulk(a[1]);
  c.out.raw("+PONG\r\n");
}

void echo(client& c, args a) { c.out.bulk(a[1]); }

void info(client& c, args a) {
  std::string text;
  for (const std::string_view name :
       {"server", "clients", "stats", "keyspace"}) {
    const bool wanted =
        a.size() == 1 || std::ranges::any_of(a.subspan(1), [&](auto s) {
          return same(s, name) || same(s, "all") || same(s, "default") ||
                 same(s, "everything");
        });
    if (!wanted) continue;
    if (!text.empty()) text += "\r\n";
    text += section_text(c, name);
  }
  c.out.bulk(text);
}

void command_command(client& c, args a) {
  if (a.size() == 1) return describe_some(c, {});
  if (const match m = sub(c, a, "count", 2); m != match::no) {
    if (m == match::yes)
      c.out.integer(static_cast<std::int64_t>(commands().size()));
    return;
  }
  if (same(a[1], "info")) return describe_some(c, a.subspan(2));
  if (same(a[1], "docs")) return c.out.array(0);
  unknown_subcommand(c, a);
}

void config(client& c, args a) {
  if (const match m = sub(c, a, "get", -3); m != match::no) {
    if (m == match::answered) return;
    std::vector<setting> found;
    for (setting& s : settings(c))
      if (std::ranges::any_of(a.subspan(2), [&](std::string_view pattern) {
            return ::fnmatch(std::string(pattern).c_str(), s.first.c_str(),
                             FNM_CASEFOLD) == 0;
          }))
        found.push_back(std::move(s));
    c.out.array(2 * found.size());
    for (const setting& s : found) {
      c.out.bulk(s.first);
      c.out.bulk(s.second);
    }
    return;
  }
  if (const match m = sub(c, a, "set", -4); m != match::no) {
    if (m == match::yes)
      c.out.error(
          "ERR Unknown option or number of arguments for CONFIG SET - '" +
          std::string(a[2]) + "'");
    return;
  }
  unknown_subcommand(c, a);
}

void client_command(client& c, args a) {
  if (const match m = sub(c, a, "setname", 3); m != match::no) {
    if (m == match::yes && set_name(c, a[2])) c.out.ok();
  } else if (const match i = sub(c, a, "setinfo", 4); i != match::no) {
    if (i == match::yes) c.out.ok();  // newer clients tell who they are
  } else if (const match g = sub(c, a, "getname", 2); g != match::no) {
    if (g == match::answered) return;
    if (c.name.empty()) return c.out.null();
    c.out.bulk(c.name);
  } else if (const match d = sub(c, a, "id", 2); d != match::no) {
    if (d == match::yes) c.out.integer(static_cast<std::int64_t>(c.id));
  } else {
    unknown_subcommand(c, a);
  }
}

// Version 3 of the protocol is not spoken here: clients go on with 2.
void hello(client& c, args a) {
  if (a.size() > 1) {
    const std::optional<std::int64_t> n = integer(a[1]);
    if (!n)
      return c.out.error(
          "ERR Protocol version is not an integer or out of range");
    if (*n != 2) return c.out.error("NOPROTO unsupported protocol version");
  }
  for (std::size_t i = 2; i < a.size(); i += 2) {
    if (!same(a[i], "setname") || i + 1 == a.size())
      return c.out.error("ERR Syntax error in HELLO option '" +
                         std::string(a[i]) + "'");
    if (!set_name(c, a[i + 1])) return;
  }
  who_we_are(c);
}

void select_db(client& c, args a) {
  const std::optional<std::int64_t> n = integer(a[1]);
  if (!n) return not_an_integer(c);
  if (*n != 0) return c.out.error("ERR DB index is out of range");
  c.out.ok();
}

void quit(client& c, args) {
  c.out.ok();
  c.quit = true;
}

void shutdown(client& c, args a) {
  if (a.size() > 2 ||
      (a.size() == 2 && !same(a[1], "nosave") && !same(a[1], "save")))
    return syntax_error(c);
  c.quit = true;
  c.server.stop();
}

}  // namespace kv
