// runtime/exec/command.cc - starting children.
//
// All that needs memory is made ready before the child is there (sys/exec.h):
// paths, vectors of pointers, descriptors.

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "burrow/go.h"
#include "burrow/syscalls.h"
#include "runtime/exec/environment.h"
#include "runtime/exec/lookpath.h"
#include "runtime/exec/process.h"
#include "runtime/io/error.h"
#include "runtime/os/libc.h"
#include "sys/exec.h"

namespace burrow::exec {

namespace {

const char* stepname(sys::execstep step) noexcept {
  switch (step) {
    case sys::execstep::signals:
      return "reset signals";
    case sys::execstep::group:
      return "set process group";
    case sys::execstep::folder:
      return "change to folder";
    case sys::execstep::descriptors:
      return "place descriptors";
    default:
      return "exec";
  }
}

[[noreturn]] void fail(const std::string& program, const char* step, int err) {
  throw std::system_error(err, std::system_category(),
                          "exec " + program + ": " + step);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> p;
  p.reserve(texts.size() + 1);
  for (const std::string& t : texts) p.push_back(const_cast<char*>(t.c_str()));
  p.push_back(nullptr);
  return p;
}

// Ours does not block; a child's shall.
void makeblocking(int n) noexcept {
  const int flags = ::fcntl(n, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) != 0)
    ::fcntl(n, F_SETFL, flags & ~O_NONBLOCK);
}

}  // namespace

// starter is what start() holds: the child's ends, closed in the end.
struct starter {
  std::array<fd, 3> ends;

  // connect returns the descriptor that becomes the child's number i.
  int connect(stream& s, int i) {
    if (s.file_) {
      const int n = s.file_.get();
      makeblocking(n);
      ends[static_cast<std::size_t>(i)] = std::move(s.file_);
      return n;
    }
    if (s.how_ == connection::inherit) return i;
    if (s.how_ == connection::pipe) makepipe(s, i);
    fd& end = ends[static_cast<std::size_t>(i)];
    if (!end) {
      const int n = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      if (n < 0) rt::throwio(nullptr, "open /dev/null", -errno);
      end = fd(n);
    }
    return end.get();
  }

  // Our end does not block, the child's does.
  void makepipe(stream& s, int i) {
    int ends2[2];
    if (rt::newpipe(ends2, true) != 0) rt::throwio(nullptr, "pipe", -errno);
    const int ours = ends2[i == 0 ? 1 : 0];
    fd theirs(ends2[i == 0 ? 0 : 1]);
    ::fcntl(ours, F_SETFL, ::fcntl(ours, F_GETFL) | O_NONBLOCK);
    s.mine_ = rt::makefd(ours, rt::ioway::polled, true);
    ends[static_cast<std::size_t>(i)] = std::move(theirs);
  }
};

command::command(std::initializer_list<std::string> argv)
    : command(std::vector<std::string>(argv)) {}

command::command(std::vector<std::string> argv)
    : argv_(std::move(argv)), ctx_(background()) {}

command::command(const context& ctx, std::string program,
                 std::vector<std::string> arguments)
    : argv_{std::move(program)}, ctx_(ctx) {
  for (std::string& a : arguments) argv_.push_back(std::move(a));
}

command::command(command&&) noexcept = default;
command& command::operator=(command&&) noexcept = default;

command::~command() {
  if (!process_ || process_->waited) return;
  // Nobody waits any more. Outside a run nobody can: the system does, when this
  // process ends.
  try {
    go([p = process_] {
      try {
        p->reap();
      } catch (const std::system_error&) {  // somebody else has reaped it
      }
      p->leavecontext();
    });
  } catch (const std::logic_error&) {
  }
}

void command::start() {
  if (process_) throw std::logic_error("exec: already started");
  if (argv_.empty()) throw std::logic_error("exec: no program");
  const std::string& program = argv_.front();
  if (ctx_.err()) throw std::system_error(ctx_.cause(), "exec " + program);
  for (const std::string& a : argv_)
    if (a.find('\0') != a.npos) fail(program, "argument", EINVAL);
  if (dir.find('\0') != dir.npos) fail(program, "folder", EINVAL);
  if (env)
    for (const std::string& v : *env)
      if (v.find('\0') != v.npos) fail(program, "environment", EINVAL);

  starter mine;
  sys::execplan plan;
  plan.fds[0] = mine.connect(in, 0);
  plan.fds[1] = mine.connect(out, 1);
  plan.fds[2] = mine.connect(err, 2);
  const std::string path = lookpath(program);
  const std::vector<char*> argv = pointers(argv_);
  const auto variables = environment(env, dir);
  const std::vector<char*> envp =
      variables ? pointers(*variables) : std::vector<char*>();
  plan.path = path.c_str();
  plan.argv = argv.data();
  plan.envp = variables ? envp.data() : environ;
  plan.folder = dir.empty() ? nullptr : dir.c_str();
  plan.group = process_group.value_or(-1);

  constexpr std::size_t kStack = std::size_t{16} << 10;
  const std::unique_ptr<char[]> stack(new char[kStack]);
  auto p = std::make_shared<process>();
  const std::int64_t pid =
      blocking([&] { return sys::execspawn(plan, stack.get(), kStack); });
  if (pid < 0) fail(program, "clone", static_cast<int>(-pid));
  p->pid = static_cast<int>(pid);
  if (plan.pidfd >= 0) p->watch(plan.pidfd);
  if (plan.failed != sys::execstep::none) {
    p->reap();
    fail(program, stepname(plan.failed), plan.error);
  }
  process_ = std::move(p);
  if (ctx_.done())
    process_->forget = after_func(ctx_, [p = process_] { p->kill(SIGKILL); });
}

process_state command::wait() {
  if (!process_) throw std::logic_error("exec: not started");
  if (process_->waited) throw std::logic_error("exec: waited for already");
  process_->waited = true;
  for (stream* s : {&in, &out, &err}) s->mine_ = fd();
  const defer undo{[&] { process_->leavecontext(); }};
  state_ = process_->reap();
  return state_;
}

process_state command::run() {
  start();
  return wait();
}

int command::pid() const noexcept { return process_ ? process_->pid : 0; }

void command::kill(int sig) {
  if (process_) process_->kill(sig);
}

fd command::take(stream& s) {
  if (!process_) throw std::logic_error("exec: not started");
  return std::move(s.mine_);
}

fd command::in_pipe() { return take(in); }
fd command::out_pipe() { return take(out); }
fd command::err_pipe() { return take(err); }

}  // namespace burrow::exec
