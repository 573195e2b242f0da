// tests/exec_test.cc - child processes.
#include "burrow/exec.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/gotest.h"
#include "tests/support/iotest.h"
#include "tests/support/procself.h"
#include "tests/support/sanitizer.h"
#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using exec::command;
using exec::process_state;
using std::chrono::steady_clock;
using testsupport::all;
[[maybe_unused]] auto* const needs = testsupport::needvfork();

void put(fd& f, std::string_view s) { f.write(testsupport::bytes(s)); }

std::string sh(const std::string& script) {
  return command{"sh", "-c", script}.output();
}

// The error of starting c, and its text.
std::system_error failure(command& c) {
  try {
    c.start();
  } catch (const std::system_error& e) {
    return e;
  }
  return std::system_error(std::error_code(), "");
}

GO_TEST(Exec, OutputAndExitCodes) {
  EXPECT_EQ(sh("echo hello"), "hello\n");
  command c{"sh", "-c", "exit 7"};
  const process_state s = c.run();
  EXPECT_EQ(s.exit_code, 7);
  EXPECT_EQ(s.signal, 0);
  EXPECT_FALSE(s.success());
  command ok{"true"};
  EXPECT_TRUE(ok.run().success());
  command killed{"sh", "-c", "kill -TERM $$"};
  EXPECT_EQ(killed.run().signal, SIGTERM);
  EXPECT_EQ(killed.state().exit_code, -1);
}

GO_TEST(Exec, UsageOfTheChild) {
  command c{"sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"};
  const process_state s = c.run();
  EXPECT_GT(s.rusage.ru_utime.tv_usec + s.rusage.ru_utime.tv_sec * 1000000 +
                s.rusage.ru_stime.tv_usec,
            1000);
  EXPECT_GT(s.rusage.ru_maxrss, 100);
}

GO_TEST(Exec, Pipes) {
  command c{"tr", "a-z", "A-Z"};
  c.in = exec::pipe;
  c.out = exec::pipe;
  c.start();
  EXPECT_GT(c.pid(), 0);
  fd to = c.in_pipe(), from = c.out_pipe();
  EXPECT_FALSE(c.in_pipe());  // taken
  wait_group wg;
  wg.go([&] {
    for (int i = 0; i < 10000; ++i) put(to, "some text, line by line\n");
    to.close();
  });
  const std::string got = all(from);
  EXPECT_EQ(got.size(), 10000u * 24);
  EXPECT_TRUE(got.starts_with("SOME TEXT, LINE BY LINE\n"));
  wg.wait();
  EXPECT_TRUE(c.wait().success());
}

GO_TEST(Exec, ErrPipeNullAndInherit) {
  command c{"sh", "-c", "echo out; echo err >&2; cat"};
  c.err = exec::pipe;
  c.start();
  fd err = c.err_pipe();
  EXPECT_EQ(all(err), "err\n");
  EXPECT_TRUE(c.wait().success());
  command d{"sh", "-c", "exit 3"};
  d.in = exec::inherit;
  d.out = exec::inherit;
  EXPECT_EQ(d.run().exit_code, 3);
}

// cat | tr | sort, each the next one's input.
GO_TEST(Exec, AChainOfPrograms) {
  auto first = pipe();
  auto second = pipe();
  command a{"printf", "b\\nc\\na\\n"}, b{"tr", "a-z", "A-Z"}, c{"sort"};
  a.out = std::move(first.write_end);
  b.in = std::move(first.read_end);
  b.out = std::move(second.write_end);
  c.in = std::move(second.read_end);
  a.start();
  b.start();
  EXPECT_EQ(c.output(), "A\nB\nC\n");
  EXPECT_TRUE(a.wait().success());
  EXPECT_TRUE(b.wait().success());
}

// The child's 0, 1 and 2 may come from any of ours, in any order.
GO_TEST(Exec, DescriptorsInEachOthersWay) {
  const int saved[3] = {::fcntl(0, F_DUPFD_CLOEXEC, 50),
                        ::fcntl(1, F_DUPFD_CLOEXEC, 50),
                        ::fcntl(2, F_DUPFD_CLOEXEC, 50)};
  auto in = pipe(), out = pipe(), err = pipe();
  put(in.write_end, "x");
  in.write_end.close();
  // Our 1 becomes its 0, our 2 its 1, our 0 its 2.
  ASSERT_EQ(::dup2(in.read_end.get(), 1), 1);
  ASSERT_EQ(::dup2(out.write_end.get(), 2), 2);
  ASSERT_EQ(::dup2(err.write_end.get(), 0), 0);
  command c{"sh", "-c", "cat; echo out; echo err >&2"};
  c.in = fd(1);
  c.out = fd(2);
  c.err = fd(0);
  c.start();
  for (int i = 0; i < 3; ++i) {
    ::dup2(saved[i], i);
    ::close(saved[i]);
  }
  out.write_end.close();
  err.write_end.close();
  EXPECT_EQ(all(out.read_end), "xout\n");
  EXPECT_EQ(all(err.read_end), "err\n");
  EXPECT_TRUE(c.wait().success());
}

GO_TEST(Exec, FolderEnvironmentAndGroup) {
  command c{"sh", "-c", "pwd; echo $ONE-$HOME-$PATH"};
  c.dir = "/";
  c.env = {"ONE=1", "PATH=/bin:/usr/bin"};
  EXPECT_EQ(c.output(), "/\n1--/bin:/usr/bin\n");
  command g{"sleep", "60"};
  g.process_group = 0;
  g.start();
  EXPECT_EQ(::getpgid(g.pid()), g.pid());
  EXPECT_EQ(::kill(-g.pid(), SIGKILL), 0);
  EXPECT_EQ(g.wait().signal, SIGKILL);
}

GO_TEST(Exec, OfTwoVariablesWithOneNameTheLastHolds) {
  command c{"/usr/bin/env"};
  c.env = {"A=1", "B=2", "", "A=3", "B=4", "C=", "A=5"};
  EXPECT_EQ(c.output(), "B=4\nC=\nA=5\n");
  command none{"/usr/bin/env"};
  none.env = std::vector<std::string>{};
  EXPECT_EQ(none.output(), "");
  command there{"sh", "-c", "echo $PWD-$HOME"};
  there.dir = "/usr";
  const char* home = std::getenv("HOME");
  EXPECT_EQ(there.output(), std::string("/usr-") + (home ? home : "") + "\n");
  command nul{"true"};
  nul.env = {std::string("A=\0", 3)};
  EXPECT_EQ(failure(nul).code(), std::errc::invalid_argument);
}

GO_TEST(Exec, AContextThatEndsWithTheChild) {
  for (int i = 0; i < 30; ++i) {
    auto [ctx, cancel] = with_cancel(background());
    command c{ctx, "true"};
    c.start();
    wait_group wg;
    wg.go([i, cancel = cancel] {
      if (i % 3 != 0) sleep_for(std::chrono::microseconds(i * 50));
      cancel();
    });
    const process_state s = c.wait();
    EXPECT_TRUE(s.success() || s.signal == SIGKILL);
    wg.wait();
  }
}

GO_TEST(Exec, ADescriptorThatIsNotThere) {
  const int saved = ::fcntl(0, F_DUPFD_CLOEXEC, 50);
  ::close(0);
  command c{"true"};
  c.in = exec::inherit;
  c.out = exec::inherit;  // else what is opened takes its place
  c.err = exec::inherit;
  const std::system_error e = failure(c);
  EXPECT_EQ(::dup2(saved, 0), 0);
  ::close(saved);
  EXPECT_EQ(e.code(), std::errc::bad_file_descriptor);
  EXPECT_TRUE(std::string(e.what()).starts_with("exec true: place descriptors"))
      << e.what();
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

GO_TEST(Exec, WhatCannotBeStarted) {
  command missing{"no-such-program-anywhere"};
  std::system_error e = failure(missing);
  EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
  EXPECT_TRUE(std::string(e.what()).starts_with(
      "exec no-such-program-anywhere: look up"))
      << e.what();
  EXPECT_EQ(missing.pid(), 0);
  command nopath{"/no/such/program"};
  e = failure(nopath);
  EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
  EXPECT_TRUE(std::string(e.what()).starts_with("exec /no/such/program: exec"))
      << e.what();
  command nofolder{"true"};
  nofolder.dir = "/no/such/folder";
  e = failure(nofolder);
  EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
  EXPECT_TRUE(std::string(e.what()).starts_with("exec true: change to folder"))
      << e.what();
  command notone{"/etc/passwd"};
  EXPECT_EQ(failure(notone).code(), std::errc::permission_denied);
  command nul{std::string("tr\0ue", 5)};
  EXPECT_EQ(failure(nul).code(), std::errc::invalid_argument);
  command group{"true"};
  group.process_group = 999999;
  EXPECT_TRUE(failure(group).code());
  command empty{std::vector<std::string>{}};
  EXPECT_THROW(empty.start(), std::logic_error);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // no zombie of all these
  EXPECT_EQ(errno, ECHILD);
}

GO_TEST(Exec, MisuseIsALogicError) {
  command c{"true"};
  EXPECT_THROW(c.wait(), std::logic_error);
  EXPECT_THROW(c.in_pipe(), std::logic_error);
  c.kill();  // nothing to kill
  c.run();
  EXPECT_THROW(c.wait(), std::logic_error);
  EXPECT_THROW(c.start(), std::logic_error);
  c.kill();  // it has ended
}

GO_TEST(Exec, Kill) {
  command c{"sleep", "60"};
  c.start();
  wait_group wg;
  wg.go([&] {
    sleep_for(5ms);
    c.kill(SIGTERM);
  });
  EXPECT_EQ(c.wait().signal, SIGTERM);
  wg.wait();
}

GO_TEST(Exec, AContextThatEndsKills) {
  auto [ctx, cancel] = with_timeout(background(), 20ms);
  command c{ctx, "sleep", "60"};
  const auto start = steady_clock::now();
  EXPECT_EQ(c.run().signal, SIGKILL);
  EXPECT_LT(steady_clock::now() - start, 30s);
  command late{ctx, "true"};
  EXPECT_EQ(failure(late).code(), errc::deadline_exceeded);
  cancel();
  auto [ctx2, cancel2] = with_cancel(background());
  command quick{ctx2, "true"};
  EXPECT_TRUE(quick.run().success());
  cancel2();
}

// The context refers to the child, for which it may have to kill it, and the child
// to the context: both are to go all the same.
GO_TEST(Exec, AContextLeavesNoDescriptor) {
  auto [ctx, cancel] = with_cancel(background());
  command{ctx, "true"}.run();
  const long before = testsupport::descriptors();
  for (int i = 0; i < 5; ++i) {
    auto [soon, stop] = with_timeout(background(), 5ms);
    EXPECT_EQ((command{soon, "sleep", "60"}.run().signal), SIGKILL);
    EXPECT_TRUE((command{ctx, "true"}.run().success()));
    command unwaited{ctx, "true"};
    unwaited.start();
    stop();
  }
  testsupport::await_others();
  EXPECT_EQ(testsupport::descriptors(), before);
  cancel();
}

GO_TEST(Exec, TheChildHasDefaultsAndNothingOfOurs) {
  auto c = make_chan<int>(1);
  signals::notify(c, {SIGUSR1, SIGINT});
  auto ends = pipe();  // stays with us
  const std::string status = sh("cat /proc/self/status");
  const auto field = [&](const std::string& name) {
    const std::size_t at = status.find("\n" + name + ":\t");
    return status.substr(at + name.size() + 3, 16);
  };
  EXPECT_EQ(field("SigBlk"), "0000000000000000");
  EXPECT_EQ(field("SigCgt"), "0000000000000000");
  int open = 4;  // 0, 1, 2 and ls's own; and what this test has inherited
  for (int i = 3; i < 1024; ++i) open += ::fcntl(i, F_GETFD) == 0 ? 1 : 0;
  EXPECT_EQ(sh("ls /proc/self/fd | wc -l"), std::to_string(open) + "\n");
  signals::stop(c);
}

GO_TEST(Exec, WhatTheProgramHasOpenedForItsChildrenIsThere) {
  const int n = ::open("/dev/null", O_RDONLY);  // no O_CLOEXEC
  EXPECT_EQ(sh("[ -e /proc/self/fd/" + std::to_string(n) + " ] && echo there"),
            "there\n");
  ::close(n);
}

GO_TEST(Exec, ManyAtOnce) {
  wait_group wg;
  for (int i = 0; i < 40; ++i)
    wg.go([i] {
      const std::string n = std::to_string(i);
      EXPECT_EQ((command{"echo", n}.output()), n + "\n");
    });
  wg.wait();
}

GO_TEST(Exec, NobodyWaitsAndThereIsNoZombie) {
  int pid = 0;
  {
    command c{"true"};
    c.start();
    pid = c.pid();
  }
  for (int i = 0; i < 5000 && ::kill(pid, 0) == 0; ++i) sleep_for(1ms);
  EXPECT_EQ(::kill(pid, 0), -1);
  testsupport::await_others();
}

TEST(Fork, AChildMayExecExitAndUseWhatNeedNotWait) {
  for (const char* procs : {"1", "2", "8"}) {
    const auto with = [&](const char* what) {
      return testsupport::run_prog(
          "forker", {.args = {what}, .env = {{"BURROW_MAXPROCS", procs}}});
    };
    EXPECT_EQ(with("exec").out, "5\n");
    EXPECT_EQ(with("exit").out, "6\n");
    EXPECT_EQ(with("try").out, "7\n");
    // TSan forgets, in a child, what is ordered before what: all but the forker's.
    if (testsupport::kTsan) continue;
    const auto r = with("wait");
    EXPECT_EQ(r.out, "2\n");
    EXPECT_NE(r.err.find("fatal error: a goroutine waits in the child of a "
                         "fork: it may only exec or exit"),
              std::string::npos)
        << r.err;
  }
}

}  // namespace
}  // namespace burrow
