// tests/examples_test.cc - every example prints what its file comment says.
//
// Each example runs as a child process at maxprocs 1, 2 and 8; what it prints
// is compared whole. wordcount is compared with the shell pipeline that its
// comment promises to equal. The examples are found beside the tests, or in the
// directory that BURROW_EXAMPLES_DIR names.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/support/subprocess.h"

namespace {

namespace fs = std::filesystem;
using burrow::testsupport::child_options;
using burrow::testsupport::child_result;
using burrow::testsupport::run_child;

using strings = std::vector<std::string>;

constexpr int kProcs[] = {1, 2, 8};

// child_of returns what child_options an example at that maxprocs needs.
child_options child_of(strings args, int procs) {
  child_options options;
  options.args = std::move(args);
  options.env = {{"BURROW_MAXPROCS", std::to_string(procs)}, {"LC_ALL", "C"}};
  options.timeout = std::chrono::seconds(300);
  return options;
}

std::string example_path(const std::string& name) {
  if (const char* dir = std::getenv("BURROW_EXAMPLES_DIR")) {
    return fs::absolute(fs::path(dir) / name);
  }
  return fs::read_symlink("/proc/self/exe").parent_path().parent_path() /
         "examples" / name;
}

child_result run(const std::string& name, strings args, int procs) {
  return run_child(example_path(name), child_of(std::move(args), procs));
}

struct expectation {
  const char* name;
  strings args;
  std::string out;
};

// expected has a row for every example but skynet, which prints a time, hog
// (preempt_test.cc) and wordcount.
const std::vector<expectation>& expected() {
  static const std::vector<expectation> rows = {
      {"hello", {}, "hello from a goroutine\nhello from main\n"},
      {"pingpong",
       {},
       "ping 1\npong 2\nping 3\npong 4\nping 5\npong 6\n"
       "the ball was hit 6 times\n"},
      {"sieve", {}, "2 3 5 7 11 13 17 19 23 29\n"},
      {"sieve", {"1"}, "2\n"},
      {"pipeline", {}, "sum of the squares of 1..1000 = 333833500\n"},
      {"worker_pool",
       {},
       "job 1: 27 takes 111 steps to 1\n"
       "job 2: 97 takes 118 steps to 1\n"
       "job 3: 871 takes 178 steps to 1\n"
       "job 4: 6171 takes 261 steps to 1\n"
       "job 5: 77031 takes 350 steps to 1\n"
       "job 6: 837799 takes 524 steps to 1\n"},
      {"select_timeout",
       {},
       "nothing yet\nservice 1: timeout\nservice 2: the answer is 42\n"},
      {"ticker",
       {},
       "tick 1\ntick 2\ntick 3\nticker stopped, no tick came after\n"
       "the timer was stopped before it fired\n"},
      {"context_cancel",
       {},
       "user ann: 1 2 3 4 5\nthe generator has ended: canceled\n"
       "the child context ended with its parent\n"
       "the slow work has ended: deadline exceeded\n"},
      {"ring", {}, "37\n"},
      {"ring", {"0"}, "1\n"},
      {"ring", {"1000"}, "498\n"},
      {"philosophers",
       {},
       "Aristotle ate 1000 times\nKant ate 1000 times\n"
       "Spinoza ate 1000 times\nMarx ate 1000 times\n"
       "Russell ate 1000 times\n"},
      {"mergesort", {}, "1000000 numbers sorted, as std::sort does\n"},
      {"mergesort", {"0"}, "0 numbers sorted, as std::sort does\n"},
      {"mergesort", {"100001"}, "100001 numbers sorted, as std::sort does\n"},
      {"rate_limiting",
       {},
       "steady: request 1\nsteady: request 2\nsteady: request 3\n"
       "steady: request 4\nsteady: request 5\n"
       "5 requests in 5 intervals or more\n"
       "bursty: request 1\nbursty: request 2\nbursty: request 3\n"
       "bursty: request 4\nbursty: request 5\n"
       "5 requests in 2 intervals or more\n"},
      {"stateful_goroutines", {}, "apples: 4000\npears: 6000\nplums: 0\n"},
      {"mutexes", {}, "a: 20000\nb: 10000\n"},
      {"semaphore_pool",
       {},
       "20 tasks done\nnever more than 3 at once\n"
       "all slots taken: gave up waiting\n"},
      {"error_group",
       {},
       "first error: mirror 3 is down\n4 downloads were stopped\n"
       "second try: all 5 downloads are there\n"},
      {"futures",
       {},
       "fib(20) = 6765\ncaught: no fib of a negative number\n"
       "the fast one came first\n"},
      {"defer_recover",
       {},
       "request 1: answered\nrequest 1: cleaned up\n"
       "request 2: cleaned up\n"
       "request 2: recovered from: send on closed channel\n"
       "request 3: answered\nrequest 3: cleaned up\n"
       "the server is still up after 3 requests\n"},
      {"once",
       {},
       "set up by one of 10 goroutines\nall 10 saw it set up\n"
       "loading the configuration\nport 8080, port 8080\n"},
  };
  return rows;
}

class Examples : public testing::TestWithParam<expectation> {};

TEST_P(Examples, PrintWhatTheirCommentSays) {
  for (int procs : kProcs) {
    SCOPED_TRACE("maxprocs " + std::to_string(procs));
    const child_result r = run(GetParam().name, GetParam().args, procs);
    EXPECT_FALSE(r.timed_out);
    EXPECT_EQ(r.signal, 0);
    EXPECT_EQ(r.exit_code, 0);
    EXPECT_EQ(r.out, GetParam().out);
    EXPECT_EQ(r.err, "");
  }
}

INSTANTIATE_TEST_SUITE_P(All, Examples, testing::ValuesIn(expected()),
                         [](const auto& row) {
                           std::string name = row.param.name;
                           for (const auto& a : row.param.args) name += "_" + a;
                           return name;
                         });

TEST(Examples, SkynetPrintsTheSumAndTheTime) {
  for (int procs : kProcs) {
    SCOPED_TRACE("maxprocs " + std::to_string(procs));
    const child_result r = run("skynet", {}, procs);
    EXPECT_EQ(r.exit_code, 0);
    EXPECT_EQ(r.out, "499999500000\n");
    EXPECT_TRUE(std::regex_match(r.err, std::regex("[0-9]+\\.[0-9] ms\n")))
        << r.err;
  }
}

struct bad_call {
  const char* name;
  strings args;
  const char* why;  // a part of the one line on stderr
};

TEST(Examples, ABadArgumentIsOneLineAndExitCode2) {
  const bad_call calls[] = {
      {"ring", {"x"}, "HOPS must be a whole number from 0 to 1000000000: x"},
      {"ring", {"-1"}, "HOPS must be"},
      {"ring", {"7x"}, "HOPS must be"},
      {"ring", {""}, "HOPS must be"},
      {"ring", {"99999999999999999999"}, "HOPS must be"},
      {"ring", {"1", "2"}, "usage: "},
      {"sieve", {"0"}, "COUNT must be a whole number from 1 to 5000: 0"},
      {"mergesort", {"many"}, "N must be a whole number"},
      {"wordcount", {}, "usage: wordcount DIR [TOP]"},
      {"wordcount", {"/", "1", "2"}, "usage: wordcount DIR [TOP]"},
      {"wordcount", {"/", "-1"}, "TOP must be a whole number: -1"},
      {"wordcount", {"/no/such"}, "/no/such: No such file or directory"},
      {"wordcount", {"/dev/null"}, "/dev/null: Not a directory"},
  };
  for (const bad_call& c : calls) {
    SCOPED_TRACE(testing::Message() << c.name << ": " << c.why);
    const child_result r = run(c.name, c.args, 2);
    EXPECT_EQ(r.exit_code, 2);
    EXPECT_EQ(r.out, "");
    EXPECT_NE(r.err.find(c.why), std::string::npos) << r.err;
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
  }
}

// kPipeline is the one of wordcount's comment; $1 is DIR.
constexpr const char* kPipeline =
    "find \"$1\" -type f -print0 | xargs -0 cat | tr -cs 'A-Za-z' '\\n' |"
    "tr A-Z a-z | grep . | sort | uniq -c | sort -k1,1nr -k2,2";

// run_command looks the first word up in PATH.
child_result run_command(strings command, int procs) {
  return run_child("/usr/bin/env", child_of(std::move(command), procs));
}

// as_nobody runs a command without root's right to read everything.
child_result as_nobody(strings command, int procs) {
  if (::geteuid() == 0) {
    command.insert(command.begin(), {"setpriv", "--reuid=65534",
                                     "--regid=65534", "--clear-groups"});
  }
  return run_command(std::move(command), procs);
}

// head returns the first n lines.
std::string head(std::string_view text, int n) {
  std::size_t end = 0;
  for (; n > 0 && end < text.size(); --n) end = text.find('\n', end) + 1;
  return std::string(text.substr(0, end));
}

// sorted returns the lines of text in the order of the alphabet.
std::string sorted(const std::string& text) {
  std::istringstream in(text);
  std::multiset<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.insert(line + "\n");
  return std::accumulate(lines.begin(), lines.end(), std::string());
}

// bytes_below returns the sum of the sizes of the files in a tree.
std::uintmax_t bytes_below(const fs::path& dir) {
  std::uintmax_t sum = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(dir, error), end;
       !error && it != end; it.increment(error)) {
    if (it->symlink_status().type() == fs::file_type::regular) {
      sum += it->file_size();
    }
  }
  return sum;
}

TEST(Wordcount, EqualsThePipelineOverRealText) {
  // The largest part of it that takes no more than seconds.
  constexpr std::uintmax_t kEnough = 3 << 20;
  std::uintmax_t largest = 0;
  fs::path dir;
  std::error_code error;
  for (const auto& part : fs::directory_iterator("/usr/share/doc", error)) {
    if (part.is_symlink() || !part.is_directory()) continue;
    const std::uintmax_t bytes = bytes_below(part);
    if (bytes > largest && bytes < kEnough) {
      largest = bytes;
      dir = part;
    }
  }
  if (largest == 0) GTEST_SKIP() << "/usr/share/doc is not there, or empty";

  const std::string all =
      run_command({"sh", "-c", kPipeline, "sh", dir}, 1).out;
  for (int procs : kProcs) {
    SCOPED_TRACE(dir.string() + " at maxprocs " + std::to_string(procs));
    const child_result every = run("wordcount", {dir, "0"}, procs);
    EXPECT_EQ(every.exit_code, 0);
    EXPECT_TRUE(every.out == all);  // thousands of lines: not printed
    EXPECT_EQ(run("wordcount", {dir}, procs).out, head(all, 20));
  }
}

// NastyTree is a new directory, removed after the test, with what a walk over
// somebody else's files may meet.
class NastyTree : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "wordcount.XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    ASSERT_EQ(::chmod(root_.c_str(), 0755), 0);
  }

  void TearDown() override {
    std::error_code error;
    fs::permissions(root_ / "closed", fs::perms::owner_all, error);
    fs::remove_all(root_, error);
  }

  void write(const fs::path& name, std::string_view text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << text;
  }

  // expect_pipeline compares wordcount with the pipeline, and what it has
  // skipped with lines, in any order.
  void expect_pipeline(const std::string& skipped) const {
    const auto command = nobody_ ? as_nobody : run_command;
    const std::string all =
        command({"sh", "-c", kPipeline, "sh", root_}, 1).out;
    for (int procs : kProcs) {
      SCOPED_TRACE("maxprocs " + std::to_string(procs));
      const child_result r =
          command({example_path("wordcount"), root_, "0"}, procs);
      EXPECT_EQ(r.exit_code, 0);
      EXPECT_EQ(head(r.out, 50), head(all, 50));
      EXPECT_TRUE(r.out == all);
      EXPECT_EQ(sorted(r.err), sorted(skipped));
    }
  }

  std::string skipped(const std::string& name, const std::string& why) const {
    return "wordcount: skipped " + (root_ / name).string() + ": " + why + "\n";
  }

  fs::path root_;
  bool nobody_ = false;  // run without root's rights
};

TEST_F(NastyTree, EmptyPrintsNothing) {
  expect_pipeline("");
  fs::create_directories(root_ / "a" / "b");
  write("a/empty", "");
  expect_pipeline("");
}

TEST_F(NastyTree, NamesAndKindsOfFiles) {
  write("a file with spaces", "the quick brown fox\n");
  write("two\nlines and a \t tab", "the lazy dog\n");
  write("-n", "the option\n");
  write("*", "the star\n");
  write("'quoted\"", "the quotes\n");
  write("empty", "");
  write("deep/er/and/deeper/still", "The THE tHe\n");
  write("umlaut", "M\xc3\xbcller's caf\xe9 isn't here_or-there\r\n");
  write("binary", std::string("\0the\0\xff\xfethe\x01nul\0", 15));
  fs::create_directories(root_ / "empty folder");
  fs::create_symlink("empty", root_ / "link");
  fs::create_symlink(".", root_ / "loop");
  fs::create_symlink("..", root_ / "deep" / "up");
  fs::create_symlink("nowhere", root_ / "dangling");
  ASSERT_EQ(::mkfifo((root_ / "fifo\n2").c_str(), 0644), 0);
  expect_pipeline(skipped("link", "symbolic link") +
                  skipped("loop", "symbolic link") +
                  skipped("deep/up", "symbolic link") +
                  skipped("dangling", "symbolic link") +
                  skipped("fifo?2", "not a regular file"));
}

TEST_F(NastyTree, WhatCannotBeReadIsSkippedWithOneLine) {
  if (as_nobody({"test", "-x", example_path("wordcount")}, 1).exit_code != 0) {
    GTEST_SKIP() << "root, and nobody else may run the example";
  }
  nobody_ = true;
  write("open", "one two\n");
  write("secret", "three\n");
  write("closed/file", "four\n");
  fs::permissions(root_ / "secret", fs::perms::none);
  fs::permissions(root_ / "closed", fs::perms::none);
  expect_pipeline(skipped("secret", "Permission denied") +
                  skipped("closed", "Permission denied"));
}

TEST_F(NastyTree, AWordMayGoOnInTheNextFile) {
  // Files without a final newline, empty ones and ones without any separator:
  // cat makes one text of them.
  for (int i = 0; i < 60; ++i) {
    const std::string name = std::to_string(i * 7919 % 101);
    const char letter = static_cast<char>('a' + i % 26);
    const std::string word(static_cast<std::size_t>(i % 4), letter);
    write("d" + std::to_string(i % 5) + "/" + name,
          i % 3 == 0 ? word : word + " mid " + word);
  }
  expect_pipeline("");
}

TEST_F(NastyTree, FilesLargerThanTheBuffer) {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) {
    text += std::string(static_cast<std::size_t>(i % 11), 'x') + "Yz" +
            (i % 5 == 0 ? "\n" : ", ");
  }
  write("large", text);
  write("one long word", std::string(200'000, 'Q'));
  expect_pipeline("");
}

}  // namespace
