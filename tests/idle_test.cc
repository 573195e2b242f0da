// tests/idle_test.cc - idle means idle: no thread of a waiting program wakes up.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "tests/support/sanitizer.h"
#include "tests/support/subprocess.h"

extern char** environ;

namespace {

namespace fs = std::filesystem;

// For each thread: how often it went to sleep or was put off a processor.
std::map<std::string, long> switches(pid_t pid) {
  std::map<std::string, long> out;
  for (const auto& t :
       fs::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream in(t.path() / "status");
    for (std::string line; std::getline(in, line);)
      if (line.find("ctxt_switches") != line.npos)
        out[t.path().filename()] += std::stol(line.substr(line.find(':') + 1));
  }
  return out;
}

TEST(Idle, NoThreadWakesInTenSeconds) {
  if (burrow::testsupport::kTsan)
    GTEST_SKIP() << "the sanitizer has a thread of its own, which wakes";
  int fds[2];
  ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
  posix_spawn_file_actions_t acts;
  posix_spawn_file_actions_init(&acts);
  posix_spawn_file_actions_adddup2(&acts, fds[1], 1);
  const std::string path = burrow::testsupport::prog_path("idle");
  char* argv[] = {const_cast<char*>(path.c_str()), nullptr};
  pid_t pid;
  ASSERT_EQ(posix_spawn(&pid, path.c_str(), &acts, nullptr, argv, environ), 0);
  posix_spawn_file_actions_destroy(&acts);
  char buf[16];
  ASSERT_EQ(read(fds[0], buf, 5), 5);
  // The monitor thread gives memory back after a second; on a loaded machine,
  // later.
  sleep(2);
  std::map<std::string, long> before, now = switches(pid);
  for (int i = 0; i < 60 && now != before; i++) {
    before = now;
    sleep(1);
    now = switches(pid);
  }
  sleep(10);
  EXPECT_EQ(switches(pid), now);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  close(fds[0]);
  close(fds[1]);
}

}  // namespace
