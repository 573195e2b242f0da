// examples/kv/commands.cc - the table, and what is checked before a command runs.

#include "examples/kv/commands.h"

#include <algorithm>
#include <iterator>

#include "examples/kv/text.h"

namespace kv {

namespace {

constexpr command kCommands[] = {
    {"client", -2, 0, 0, 0, client_command},
    {"command", -1, 0, 0, 0, command_command},
    {"config", -2, 0, 0, 0, config},
    {"dbsize", 1, 0, 0, 0, dbsize},
    {"decr", 2, 1, 1, 1, decr},
    {"decrby", 3, 1, 1, 1, decrby},
    {"del", -2, 1, -1, 1, del},
    {"echo", 2, 0, 0, 0, echo},
    {"exists", -2, 1, -1, 1, exists},
    {"expire", -3, 1, 1, 1, expire},
    {"flushall", -1, 0, 0, 0, flushall},
    {"get", 2, 1, 1, 1, get},
    {"hello", -1, 0, 0, 0, hello},
    {"incr", 2, 1, 1, 1, incr},
    {"incrby", 3, 1, 1, 1, incrby},
    {"info", -1, 0, 0, 0, info},
    {"mget", -2, 1, -1, 1, mget},
    {"mset", -3, 1, -1, 2, mset},
    {"persist", 2, 1, 1, 1, persist},
    {"pexpire", -3, 1, 1, 1, pexpire},
    {"ping", -1, 0, 0, 0, ping},
    {"pttl", 2, 1, 1, 1, pttl},
    {"quit", -1, 0, 0, 0, quit},
    {"select", 2, 0, 0, 0, select_db},
    {"set", -3, 1, 1, 1, set},
    {"shutdown", -1, 0, 0, 0, shutdown},
    {"ttl", 2, 1, 1, 1, ttl},
};
static_assert(std::ranges::is_sorted(kCommands, {}, &command::name));

constexpr std::size_t kLongest = 16;  // of the names
static_assert(std::ranges::all_of(kCommands, [](const command& c) {
  return c.name.size() <= kLongest;
}));

bool fits(const command& c, std::size_t n) noexcept {
  const auto given = static_cast<int>(n);
  return c.arity >= 0 ? given == c.arity : given >= -c.arity;
}

void unknown(client& c, args a) {
  constexpr std::size_t kShown = 128;
  std::string shown;
  for (std::size_t i = 1; i < a.size() && shown.size() < kShown; ++i) {
    const std::string_view part = a[i].substr(0, kShown - shown.size());
    shown.append("'").append(part).append("' ");
  }
  c.out.error("ERR unknown command '" + std::string(a[0].substr(0, kShown)) +
              "', with args beginning with: " + shown);
}

}  // namespace

std::span<const command> commands() noexcept { return kCommands; }

const command* find_command(std::string_view name) noexcept {
  char room[kLongest];
  if (name.size() > kLongest) return nullptr;
  std::transform(name.begin(), name.end(), room,
                 [](char c) { return lower(c); });
  const std::string_view key(room, name.size());
  const command* it =
      std::ranges::lower_bound(kCommands, key, {}, &command::name);
  return it != std::end(kCommands) && it->name == key ? it : nullptr;
}

void execute(client& c, args a) {
  const command* what = find_command(a[0]);
  if (what == nullptr) return unknown(c, a);
  if (!fits(*what, a.size())) return wrong_number(c, what->name);
  what->run(c, a);
}

void wrong_number(client& c, std::string_view name) {
  c.out.error("ERR wrong number of arguments for '" + std::string(name) +
              "' command");
}

void unknown_subcommand(client& c, args a) {
  std::string name(a[0]);
  std::ranges::transform(name, name.begin(), [](unsigned char ch) {
    return ch >= 'a' && ch <= 'z' ? static_cast<char>(ch - 'a' + 'A')
                                  : static_cast<char>(ch);
  });
  c.out.error("ERR unknown subcommand '" + std::string(a[1].substr(0, 128)) +
              "'. Try " + name + " HELP.");
}

void syntax_error(client& c) { c.out.error("ERR syntax error"); }

void not_an_integer(client& c) {
  c.out.error("ERR value is not an integer or out of range");
}

}  // namespace kv
