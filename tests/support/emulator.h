// tests/support/emulator.h - what an emulator of another processor (qemu-user) lacks.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace burrow::testsupport {

// emulated: whoever takes our system calls is not the kernel. It agrees to an advice
// that no kernel knows.
inline bool emulated() {
  constexpr int kNonsense = 0x7fff;
  static const bool is = [] {
    void* at =
        ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const bool agrees = ::madvise(at, 4096, kNonsense) == 0;
    ::munmap(at, 4096);
    return agrees;
  }();
  return is;
}

// runsprograms: a program of this processor can be a child. Under an emulator only if
// the kernel has been told of it (binfmt_misc).
inline bool runsprograms() {
  static const bool does = [] {
    if (!emulated()) return true;
    char name[] = "/proc/self/exe", list[] = "--gtest_list_tests";
    char* const args[] = {name, list, nullptr};
    char* const none[] = {nullptr};
    posix_spawn_file_actions_t quiet;
    ::posix_spawn_file_actions_init(&quiet);
    ::posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    pid_t pid = 0;
    int status = -1;
    // An emulator may not share memory with the child, and not learn of its error.
    if (::posix_spawn(&pid, name, &quiet, nullptr, args, none) == 0)
      ::waitpid(pid, &status, 0);
    ::posix_spawn_file_actions_destroy(&quiet);
    return status == 0;
  }();
  return does;
}

// SKIP_WITHOUT_PROGRAMS stands in a test that runs one, or dies in a copy of itself.
#define SKIP_WITHOUT_PROGRAMS()                                            \
  if (!burrow::testsupport::runsprograms())                                \
  GTEST_SKIP() << "an emulator, and the kernel starts no programs of its " \
                  "processor"

// SKIP_WITHOUT_NOWAIT stands in a test of a blocking descriptor that has been given:
// without preadv2 nothing ends a thread's wait in it.
#define SKIP_WITHOUT_NOWAIT()                                                 \
  if (::syscall(SYS_preadv2, -1, nullptr, 0, 0, 0, 0) < 0 && errno == ENOSYS) \
  GTEST_SKIP() << "the kernel, or an emulator, has no preadv2"

// needs_vfork ends a program, as skipped, whose children would not share its memory
// until they are another program.
struct needs_vfork : testing::Environment {
  void SetUp() override {
    if (!emulated()) return;
    volatile bool shared = false;
    const pid_t pid = ::vfork();
    if (pid == 0) {
      shared = true;
      ::_exit(0);
    }
    ::waitpid(pid, nullptr, 0);
    if (shared) return;
    std::puts(
        "skipped: an emulator gives a child of vfork a copy of the memory");
    std::exit(77);
  }
};

inline testing::Environment* needvfork() {
  return testing::AddGlobalTestEnvironment(new needs_vfork);
}

inline constexpr char kKeepsThreads[] =
    "an emulator keeps some memory of every thread that there has been";

}  // namespace burrow::testsupport
