// tests/exec_output_test.cc - what children write, and who has the pipe for how long.
#include <signal.h>

#include <chrono>
#include <string>

#include "burrow/exec.h"
#include "tests/support/gotest.h"
#include "tests/support/iotest.h"
#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using exec::command;
using testsupport::all;
[[maybe_unused]] auto* const needs = testsupport::needvfork();

std::string sh(const std::string& script) {
  return command{"sh", "-c", script}.output();
}

// Much on both at the same time: neither stops the child for good.
GO_TEST(ExecOutput, MuchOnBothOutputs) {
  const std::string script =
      "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); "
      "echo 'a line of forty characters, or about so'; "
      "echo 'a line of forty characters, or about so' >&2; done";
  EXPECT_EQ(sh(script).size(), 3000u * 40);
  command both{"sh", "-c", script};
  both.err = exec::pipe;
  both.in = exec::pipe;
  EXPECT_EQ(both.output().size(), 3000u * 40);
  command c{"sh", "-c", script};
  c.out = exec::pipe;
  c.err = exec::pipe;
  c.start();
  fd out = c.out_pipe(), err = c.err_pipe();
  auto errors = async([&] { return all(err); });
  EXPECT_EQ(all(out).size(), 3000u * 40);
  EXPECT_EQ(errors.get().size(), 3000u * 40);
  EXPECT_TRUE(c.wait().success());
}

// A child of the child has the pipe as well: its end counts.
GO_TEST(ExecOutput, OutputLastsUntilNobodyHasThePipe) {
  EXPECT_EQ(sh("(sleep 0.1; echo late) & echo first"), "first\nlate\n");
  // wait() alone is for the child.
  command c{"sh", "-c", "sleep 60 & echo $!"};
  c.out = exec::pipe;
  c.start();
  fd out = c.out_pipe();
  net::buffered_reader r{out};
  const int grandchild = std::stoi(r.read_line().value());
  EXPECT_TRUE(c.wait().success());
  EXPECT_EQ(::kill(grandchild, SIGKILL), 0);
  EXPECT_EQ(r.read_line(), std::nullopt);
}

// The child ends at once; its own child has the pipe for a minute.
GO_TEST(ExecOutput, AfterTheEndForWaitDelayOnly) {
  command c{"sh", "-c", "sleep 60 & echo $!"};
  c.wait_delay = 10ms;
  const std::string text = c.output();
  EXPECT_EQ(::kill(std::stoi(text), SIGKILL), 0) << text;
  EXPECT_TRUE(c.state().success());
  EXPECT_TRUE(c.state().pipe_left_open);
}

GO_TEST(ExecOutput, AfterAContextForWaitDelayOnly) {
  auto [ctx, cancel] = with_timeout(background(), 100ms);
  command c{ctx, "sh", "-c", "sleep 60 & echo $!; wait"};
  c.wait_delay = 0ns;
  const auto start = std::chrono::steady_clock::now();
  const std::string text = c.output();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 30s);
  EXPECT_EQ(c.state().signal, SIGKILL);
  if (text.empty()) return;  // killed before it could say who that is
  EXPECT_TRUE(c.state().pipe_left_open);
  EXPECT_EQ(::kill(std::stoi(text), SIGKILL), 0) << text;
}

GO_TEST(ExecOutput, WaitDelayLosesNothingThatComesInTime) {
  command c{"sh", "-c", "(sleep 0.05; echo late) & echo first"};
  c.wait_delay = std::chrono::nanoseconds::max();
  EXPECT_EQ(c.output(), "first\nlate\n");
  EXPECT_TRUE(c.state().success());
  EXPECT_FALSE(c.state().pipe_left_open);
  command big{"sh", "-c", "head -c 3000000 /dev/zero"};
  big.wait_delay = 30s;
  EXPECT_EQ(big.output().size(), 3'000'000u);
  EXPECT_FALSE(big.state().pipe_left_open);
}

}  // namespace
}  // namespace burrow
