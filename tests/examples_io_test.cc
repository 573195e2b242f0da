// tests/examples_io_test.cc - the examples that talk to others: servers with a real
// client, programs beside a shell.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "burrow/burrow.h"
#include "tests/support/iotest.h"
#include "tests/support/subprocess.h"

namespace burrow {
namespace {

using testsupport::child_result;

class ExamplesIo : public testing::TestWithParam<const char*> {
 protected:
  child_result run(const char* name, std::vector<std::string> args = {}) {
    return testsupport::run_example(
        name,
        {.args = std::move(args), .env = {{"BURROW_MAXPROCS", GetParam()}}});
  }
};

TEST_P(ExamplesIo, EchoTriesItselfOut) {
  const child_result r = run("echo");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out, "Hello, echo.\nAnd again.\n");
}

// echo serves, is asked by a hundred connections at a time, and ends as it is told
// to once they have gone.
TEST_P(ExamplesIo, EchoServesUntilInterrupted) {
  const int procs = std::stoi(GetParam());
  const int code = burrow::run(
      [&] {
        exec::command server{testsupport::example_path("echo"), "127.0.0.1:0"};
        fd err;
        const std::string where = testsupport::startserver(server, err);
        wait_group wg;
        for (int i = 0; i < 100; ++i)
          wg.go([&, i] {
            net::conn c = net::dial("tcp", where);
            const std::string text(static_cast<std::size_t>(i) * 997, 'a');
            wait_group w;
            w.go([&] {
              c.write(std::as_bytes(std::span(text)));
              c.close_write();
            });
            net::buffered_reader r(c);
            EXPECT_EQ(r.read_exact(text.size()), text);
            EXPECT_EQ(r.read_line(), std::nullopt);
            w.wait();
          });
        wg.wait();
        server.kill(SIGINT);
        const exec::process_state s = server.wait();
        EXPECT_EQ(s.exit_code, 0);
        return 0;
      },
      {.maxprocs = procs});
  EXPECT_EQ(code, 0);
}

TEST_P(ExamplesIo, KvTriesItselfOut) {
  const child_result r = run("kv/kv");
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out,
            "$4\n1000\n+OK\n$10\nHello, kv.\n:100\n"
            "-ERR unknown command 'FROB', with args beginning with: \n+OK\n");
}

TEST_P(ExamplesIo, KvSaysWhereItCannotListen) {
  const child_result r = run("kv/kv", {"nowhere"});
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_TRUE(r.err.starts_with("kv: cannot listen on nowhere: ")) << r.err;
  EXPECT_EQ(run("kv/kv", {"a", "b"}).exit_code, 2);
}

TEST_P(ExamplesIo, ExecPipelineEqualsTheShell) {
  const std::string file = "/etc/services";
  if (::access(file.c_str(), R_OK) != 0) GTEST_SKIP() << "no " << file;
  const child_result ours = run("exec_pipeline", {file});
  EXPECT_EQ(ours.exit_code, 0) << ours.err;
  testsupport::child_options o;
  o.args = {"-c", "cat " + file +
                      " | tr -cs A-Za-z '\\n' | sort | uniq -c"
                      " | sort -k1,1rn -k2 | head"};
  const child_result sh = testsupport::run_child("/bin/sh", o);
  EXPECT_EQ(ours.out, sh.out);
  EXPECT_GT(ours.out.size(), 50u);
  EXPECT_TRUE(run("exec_pipeline").out.starts_with("      3 the\n      2 "));
}

INSTANTIATE_TEST_SUITE_P(, ExamplesIo, testing::Values("1", "2", "8"));

}  // namespace
}  // namespace burrow
