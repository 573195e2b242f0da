// burrow/exec.h - other programs as child processes.
//
//   burrow::exec::command c{"sort", "-n"};
//   c.in = burrow::exec::pipe;
//   c.out = burrow::exec::inherit;
//   c.start();
//   c.in_pipe().write(...);            // closed at the end of the statement
//   if (!c.wait().success()) ...
//
//   std::string date = burrow::exec::command{"date", "-u"}.output();
//
// No signal is blocked in the child, and those that this program handles have
// their default effect. It gets descriptors 0, 1 and 2, and what the program itself
// has opened without FD_CLOEXEC; never one of burrow's.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "burrow/context.h"
#include "burrow/fd.h"

namespace burrow::exec {

// process_state is how a process has ended, and what it has used.
struct process_state {
  int exit_code = -1;  // -1: a signal has ended it
  int signal = 0;
  struct rusage rusage {};
  bool pipe_left_open = false;  // output() has not seen its end (wait_delay)
  bool success() const noexcept { return exit_code == 0; }
};

// What a stream of the child's is connected to, beside an fd: null (/dev/null, the
// default), inherit (this program's own), pipe (to in_pipe, out_pipe, err_pipe).
enum class connection { null, inherit, pipe };
inline constexpr connection null = connection::null;
inline constexpr connection inherit = connection::inherit;
inline constexpr connection pipe = connection::pipe;

// stream is one of a command's three. An fd that it is given is closed here once
// the child has it.
class stream {
 public:
  stream& operator=(connection c) {
    how_ = c;
    file_ = fd();
    return *this;
  }
  stream& operator=(fd f) {
    how_ = connection::null;
    file_ = std::move(f);
    return *this;
  }

 private:
  friend class command;
  friend struct starter;
  connection how_ = connection::null;
  fd file_;  // given
  fd mine_;  // our end of a pipe
};

// command is a program to be run, once. Not to be used by two goroutines at a time,
// but for kill.
class command {
 public:
  // The program, looked up in PATH if its name has no slash, and its arguments.
  // With a context: when that ends the process is killed.
  command(std::initializer_list<std::string> argv);
  explicit command(std::vector<std::string> argv);
  command(const context& ctx, std::string program,
          std::vector<std::string> arguments = {});
  template <class... A>
    requires(sizeof...(A) > 0 &&
             (std::convertible_to<const A&, std::string_view> && ...))
  command(const context& ctx, std::string program, const A&... arguments)
      : command(ctx, std::move(program),
                std::vector<std::string>{
                    std::string(std::string_view(arguments))...}) {}
  command(command&&) noexcept;
  command& operator=(command&&) noexcept;
  ~command();  // a process that nobody waits for is left alone, and no zombie

  stream in, out, err;
  std::string dir;  // its working folder; "": ours
  // "NAME=value"; none: ours, with dir as PWD. Of two with one name the last holds.
  std::optional<std::vector<std::string>> env;
  std::optional<int> process_group;  // 0: a group of its own
  // How long output() still reads once the process has ended, by itself or killed, and
  // somebody else has the pipe; none: until nobody has it. As Go's WaitDelay.
  std::optional<std::chrono::nanoseconds> wait_delay;

  // start starts it. Errors  std::system_error, which names the program and the
  // step: not found, no such folder, ... std::logic_error: started before.
  void start();

  // wait waits for its end and returns how it ended; our end of a pipe to it that
  // nobody has taken is closed first. Errors  std::logic_error: not started, or
  // waited for already. std::system_error: nobody knows how it ended
  // (std::errc::no_child_process: the program ignores SIGCHLD).
  process_state wait();

  // run is start and wait.
  process_state run();

  // output is start, read all that it writes, and wait; state() says how it
  // ended. It ends when nobody has the other end any more, a child of the child's
  // included; or by wait_delay, and then state().pipe_left_open says so. in and err as
  // pipes are null here: nobody could use them.
  std::string output();

  // state is how it ended; as made, until wait has returned.
  const process_state& state() const noexcept { return state_; }
  int pid() const noexcept;  // 0: not started

  // kill sends it a signal, if it has not ended. Any goroutine may.
  void kill(int sig = SIGKILL);

  // Our ends of pipes, once started; each once, then empty. Errors
  // std::logic_error: not started.
  fd in_pipe();
  fd out_pipe();
  fd err_pipe();

 private:
  struct process;
  friend struct starter;
  fd take(stream& s);

  std::vector<std::string> argv_;
  context ctx_;
  std::shared_ptr<process> process_;
  process_state state_;
};

}  // namespace burrow::exec
