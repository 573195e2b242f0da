// tests/support/subprocess.cc - see subprocess.h.
//
// The child is its own process group, so that a timeout kills what it started
// as well. It gets default signal handling and an empty mask: a test runner may
// have changed both.
#include "tests/support/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "tests/support/sanitizer.h"

extern char** environ;

namespace burrow::testsupport {
namespace {

using clock = std::chrono::steady_clock;

// No limit of time shall be what fails under a sanitizer.
constexpr int kSlowness = kSanitizer ? 20 : 1;

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::system_category(), what);
}

class unique_fd {
 public:
  unique_fd() = default;
  explicit unique_fd(int fd) : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~unique_fd() { close(); }

  int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

struct pipe_ends {
  unique_fd read, write;
};

pipe_ends make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) fail(errno, "pipe2");
  return {unique_fd(fds[0]), unique_fd(fds[1])};
}

// overlay returns the test's environment with `env` laid over it.
std::vector<std::string> overlay(
    const std::vector<std::pair<std::string, std::string>>& env) {
  std::vector<std::string> all;
  for (char** e = environ; *e != nullptr; ++e) {
    std::string_view entry = *e;
    std::string_view name = entry.substr(0, entry.find('='));
    bool replaced = false;
    for (const auto& [key, value] : env) replaced |= key == name;
    if (!replaced) all.emplace_back(entry);
  }
  for (const auto& [key, value] : env) all.push_back(key + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

pid_t spawn(const std::string& path, const child_options& options, int in,
            int out, int err) {
  std::vector<std::string> args{path};
  args.insert(args.end(), options.args.begin(), options.args.end());
  std::vector<std::string> env = overlay(options.env);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, 1);
  ::posix_spawn_file_actions_adddup2(&actions, err, 2);

  posix_spawnattr_t attr;
  ::posix_spawnattr_init(&attr);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attr, &none);
  ::posix_spawnattr_setsigdefault(&attr, &all);
  ::posix_spawnattr_setpgroup(&attr, 0);
  ::posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETSIGDEF |
                                        POSIX_SPAWN_SETPGROUP);

  pid_t pid = -1;
  int error = ::posix_spawn(&pid, path.c_str(), &actions, &attr,
                            pointers(args).data(), pointers(env).data());
  ::posix_spawnattr_destroy(&attr);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail(error, path);
  return pid;
}

// drain appends what fd has to text; at its end it closes fd.
void drain(unique_fd& fd, std::string& text) {
  char buffer[65536];
  ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
  if (n > 0) {
    text.append(buffer, static_cast<std::size_t>(n));
  } else if (n == 0 || errno != EINTR) {
    fd.close();
  }
}

// feed writes the rest of input to fd; at its end it closes fd.
void feed(unique_fd& fd, std::string_view& input) {
  ssize_t n = ::write(fd.get(), input.data(), input.size());
  if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
  if (input.empty() || (n < 0 && errno != EINTR && errno != EAGAIN)) fd.close();
}

// reap waits until pid has ended; false: it has not by the deadline.
bool reap(pid_t pid, clock::time_point deadline, int& status) {
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (clock::now() >= deadline) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

std::string beside_this_test(std::string_view relative) {
  auto self = std::filesystem::read_symlink("/proc/self/exe");
  return self.parent_path() / relative;
}

}  // namespace

child_result run_child(const std::string& path, const child_options& options) {
  ::signal(SIGPIPE, SIG_IGN);  // a child that ends early leaves its input
  pipe_ends in = make_pipe(), out = make_pipe(), err = make_pipe();
  pid_t pid =
      spawn(path, options, in.read.get(), out.write.get(), err.write.get());
  in.read.close();
  out.write.close();
  err.write.close();
  ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  std::string_view input = options.input;
  if (input.empty()) in.write.close();

  child_result result;
  auto deadline = clock::now() + options.timeout * kSlowness;
  while (out.read.get() >= 0 || err.read.get() >= 0) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - clock::now());
    if (left.count() <= 0) {
      result.timed_out = true;
      break;
    }
    pollfd fds[] = {{in.write.get(), POLLOUT, 0},
                    {out.read.get(), POLLIN, 0},
                    {err.read.get(), POLLIN, 0}};
    if (::poll(fds, 3, static_cast<int>(left.count())) <= 0) continue;
    if (fds[0].revents != 0) feed(in.write, input);
    if (fds[1].revents != 0) drain(out.read, result.out);
    if (fds[2].revents != 0) drain(err.read, result.err);
  }

  int status = 0;
  if (!result.timed_out) result.timed_out = !reap(pid, deadline, status);
  if (result.timed_out) {
    ::kill(-pid, SIGKILL);
    reap(pid, clock::time_point::max(), status);
  }
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

std::string prog_path(std::string_view name) {
  return beside_this_test("progs/" + std::string(name));
}

child_result run_prog(std::string_view name, const child_options& options) {
  return run_child(prog_path(name), options);
}

std::string example_path(std::string_view name) {
  return beside_this_test("../examples/" + std::string(name));
}

child_result run_example(std::string_view name, const child_options& options) {
  return run_child(example_path(name), options);
}

}  // namespace burrow::testsupport
