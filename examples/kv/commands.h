// examples/kv/commands.h - the commands: what each is called, takes and does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "examples/kv/reply.h"
#include "examples/kv/resp.h"

namespace kv {

class server;
class store;

// client is what a command sees of the connection it came by.
struct client {
  kv::server& server;
  kv::store& db;
  const std::uint64_t id;
  std::int64_t now = 0;  // ms of the monotonic clock, when the request came
  std::string name{};
  bool quit = false;  // the answers gathered so far are the last
  reply out{};
};

// command: arity counts the name; -2: at least two. Where the keys are, as COMMAND
// says it: the first, the last (-1: the last argument), the step.
struct command {
  std::string_view name;
  int arity;
  int first, last, step;
  void (*run)(client& c, args a);
};

// commands are all, by name.
std::span<const command> commands() noexcept;

// find_command returns null for a name that is none, in whatever case.
const command* find_command(std::string_view name) noexcept;

// execute runs the request a, which is not empty, and gathers its answer.
void execute(client& c, args a);

// What several commands answer.
void wrong_number(client& c, std::string_view name);
void unknown_subcommand(client& c, args a);
void syntax_error(client& c);
void not_an_integer(client& c);

// In strings.cc.
void get(client& c, args a);
void set(client& c, args a);
void mget(client& c, args a);
void mset(client& c, args a);
void incr(client& c, args a);
void decr(client& c, args a);
void incrby(client& c, args a);
void decrby(client& c, args a);

// In keys.cc.
void del(client& c, args a);
void exists(client& c, args a);
void expire(client& c, args a);
void pexpire(client& c, args a);
void ttl(client& c, args a);
void pttl(client& c, args a);
void persist(client& c, args a);
void dbsize(client& c, args a);
void flushall(client& c, args a);

// In admin.cc.
void ping(client& c, args a);
void echo(client& c, args a);
void info(client& c, args a);
void command_command(client& c, args a);
void config(client& c, args a);
void client_command(client& c, args a);
void hello(client& c, args a);
void select_db(client& c, args a);
void quit(client& c, args a);
void shutdown(client& c, args a);

}  // namespace kv
