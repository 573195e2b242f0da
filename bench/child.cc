// bench/child.cc - one measurement in a process of its own.
//
// The child writes its result as text to a pipe: the number of iterations,
// then "value unit" lines. The end of the pipe is the end of the child.
#include "bench/child.h"

#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>
#include <string>

namespace bench {
namespace {

void write_all(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR) _exit(1);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
}

[[noreturn]] void child_main(int fd, const row& r, int procs,
                             benchtime wanted) {
  result res = measure_row(r, procs, wanted);
  std::string text = fmt::format("{}\n", res.iterations);
  for (const measure& m : res.measures) {
    text += fmt::format("{} {}\n", m.value, m.unit);
  }
  write_all(fd, text);
  _exit(0);
}

result parse_result(const std::string& text) {
  result res;
  std::istringstream in(text);
  in >> res.iterations;
  measure m;
  while (in >> m.value >> m.unit) res.measures.push_back(m);
  return res;
}

// read_until_end appends what comes through the pipe to `text`; false: the
// deadline passed first.
bool read_until_end(int fd, std::int64_t deadline_ns, std::string& text) {
  for (;;) {
    std::int64_t left_ms = (deadline_ns - monotonic_ns()) / 1'000'000;
    if (left_ms <= 0) return false;
    pollfd p{fd, POLLIN, 0};
    if (::poll(&p, 1, static_cast<int>(left_ms)) <= 0) continue;
    char buffer[4096];
    ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n == 0) return true;
    if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
  }
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("killed by signal {} ({})", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
  }
  if (WEXITSTATUS(status) != 0) {
    return fmt::format("exit code {}", WEXITSTATUS(status));
  }
  return {};
}

}  // namespace

outcome measure_in_child(const row& r, int procs, benchtime wanted,
                         int timeout_s) {
  outcome out;
  out.name = r.name;
  out.procs = procs;
  int ends[2];
  if (::pipe(ends) != 0) {
    out.error = fmt::format("pipe: {}", strerror(errno));
    return out;
  }
  pid_t pid = ::fork();
  if (pid == 0) {
    // Nobody would wait for a child that outlives this process.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    child_main(ends[1], r, procs, wanted);
  }
  ::close(ends[1]);
  if (pid < 0) {
    out.error = fmt::format("fork: {}", strerror(errno));
    ::close(ends[0]);
    return out;
  }
  std::string text;
  bool in_time = read_until_end(
      ends[0], monotonic_ns() + std::int64_t{timeout_s} * 1'000'000'000, text);
  ::close(ends[0]);
  if (!in_time) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  out.error = in_time ? describe(status)
                      : fmt::format("no result after {} s", timeout_s);
  out.res = parse_result(text);
  if (out.error.empty() && out.res.iterations == 0) out.error = "no result";
  return out;
}

}  // namespace bench
