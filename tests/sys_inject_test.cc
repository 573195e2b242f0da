// tests/sys_inject_test.cc - an error at each system call that each function of sys/
// makes, and newosproc above it: what it returns, the mask, and that nothing is left.
//
// tests/support/syscases.h has what is run, in a child that is traced; this file what
// is expected. A first run writes down which calls there are, so that nothing lists
// them: one that is added is failed, too. tests/abi does the same for the ports that
// are played.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "tests/support/emulator.h"
#include "tests/support/sanitizer.h"
#include "tests/support/syscases.h"
#include "tests/support/tracedcalls.h"

namespace {

using burrow::testsupport::syscase;
using burrow::testsupport::tracedcall;
using burrow::testsupport::tracedrun;
using burrow::testsupport::tracedstate;

// ---- Calls, by their kernel names, and their errors ----

// The numbers that sys/ knows, from its own table of this processor.
std::map<std::string, long> numbers() {
#if defined(__x86_64__)
  constexpr char kArch[] = "amd64";
#elif defined(__i386__)
  constexpr char kArch[] = "386";
#else
  constexpr char kArch[] = "arm64";
#endif
  std::ifstream in(std::string(SOURCE_ROOT "/sys/linux/abi_") + kArch + ".h");
  std::map<std::string, long> found;
  const std::regex row(R"(^  (\w+) = (\d+),.*)");
  std::smatch m;
  for (std::string line; std::getline(in, line);)
    if (std::regex_match(line, m, row)) found[m[1]] = std::stol(m[2]);
  return found;
}

const std::map<std::string, std::vector<int>> kErrors = {
    {"accept4", {EINTR, EAGAIN, EMFILE, ECONNABORTED}},
    {"chdir", {ENOENT, EACCES}},
    {"clock_gettime", {EINVAL}},
    {"clock_gettime64", {EINVAL, ENOSYS}},
    {"clone", {EAGAIN, ENOMEM, EPERM}},
    {"close", {EINTR, EIO}},
    {"copy_file_range", {EXDEV, ENOSPC, EIO}},
    {"dup3", {EINTR, EBUSY, EMFILE}},
    {"epoll_create1", {EMFILE, ENFILE, ENOMEM}},
    {"epoll_ctl", {ENOMEM, ENOSPC}},
    {"epoll_pwait", {EINTR}},
    {"epoll_pwait2", {EINTR, ENOSYS}},
    {"eventfd2", {EMFILE, ENFILE, ENOMEM}},
    {"execve", {ENOENT, EACCES, E2BIG, EAGAIN, ENOMEM}},
    {"fcntl", {EINTR, EBADF, EMFILE}},
    {"futex", {EINTR, EAGAIN, ETIMEDOUT}},
    {"futex_time64", {EINTR, EAGAIN, ETIMEDOUT}},
    {"io_uring_enter", {EINTR, EAGAIN, EBUSY}},
    {"io_uring_register", {EINTR, ENOMEM}},
    {"io_uring_setup", {ENOSYS, EPERM, ENOMEM}},
    {"kill", {EPERM, ESRCH}},
    {"madvise", {EINVAL, ENOMEM, EAGAIN}},
    {"mmap", {ENOMEM, EPERM}},
    {"mprotect", {ENOMEM, EACCES}},
    {"munmap", {EINVAL, ENOMEM}},
    {"openat", {ENOENT, EACCES, EMFILE}},
    {"pidfd_send_signal", {EPERM, ESRCH}},
    {"ppoll", {EINTR, ENOMEM}},
    {"ppoll_time64", {EINTR, ENOMEM}},
    {"prctl", {EINVAL}},
    {"preadv2", {EAGAIN, EOPNOTSUPP, EIO}},
    {"process_madvise", {EINTR, ENOSYS, EPERM}},
    {"pwritev2", {EAGAIN, EOPNOTSUPP, EIO}},
    {"read", {EINTR, EAGAIN, EIO}},
    {"recvfrom", {EINTR, EAGAIN, ECONNRESET}},
    {"rseq", {EINVAL, EBUSY, EPERM}},
    {"rt_sigaction", {EINVAL, EFAULT}},
    {"rt_sigprocmask", {EINVAL, EPERM}},
    {"sched_getaffinity", {EINVAL, EPERM}},
    {"sendto", {EINTR, EAGAIN, ENOBUFS}},
    {"setpgid", {EPERM, ESRCH, EACCES}},
    {"sigaltstack", {ENOMEM, EPERM}},
    {"tgkill", {EAGAIN, ESRCH, EPERM}},
    {"wait4", {EINTR, ECHILD}},
    {"write", {EINTR, EAGAIN, EIO}},
};

std::vector<int> errorsof(const std::string& function,
                          const std::string& call) {
  // Of an eventfd that is not full.
  if (call == "write" && (function == "pollbreak" || function == "wakeone"))
    return {EINTR};
  const auto it = kErrors.find(call);
  return it != kErrors.end() ? it->second
                             : std::vector<int>{EINTR, EAGAIN, ENOMEM, EINVAL};
}

// Those that have no errors, and those that only old kernels are asked for, which
// here stand for ENOSYS of the others.
const std::set<std::string> kUnfailing = {"exit_group", "getpid", "getppid",
                                          "gettid", "sched_yield"};
const std::map<std::string, std::string> kOldof = {
    {"clock_gettime_time32", "clock_gettime64"},
    {"epoll_pwait", "epoll_pwait2"},
    {"futex_time32", "futex_time64"},
    {"nanosleep_time32", "clock_nanosleep_time64"},
    {"ppoll_time32", "ppoll_time64"},
};

// ---- What comes of them ----

enum class comes { negative, same, value, fatal };
struct row {
  const char* function;  // "": all
  const char* call;      // "": all
  int error;             // 0: all
  int thread, before;    // -1: all
  comes what;
  long long number;
};

// The first row that fits; else the error is the result.
const row kRows[] = {
    // A newer call that the kernel does not know, or does not allow: the older one.
    {"", "clock_gettime64", ENOSYS, -1, -1, comes::same, 0},
    {"", "epoll_pwait2", ENOSYS, -1, -1, comes::same, 0},
    {"membarrier", "", 0, -1, -1, comes::same, 0},
    {"membarrier_protect", "", 0, -1, -1, comes::fatal, 0},
    {"membarrier_force", "membarrier", 0, -1, -1, comes::value, -ENOSYS},
    {"usleep", "", 0, -1, -1, comes::same, 0},
    {"nanotime", "", 0, -1, -1, comes::value, 0},  // where there is no vDSO
    {"coarsetime", "", 0, -1, -1, comes::same, 0},
    {"osyield", "", 0, -1, -1, comes::same, 0},
    {"ncpu", "", 0, -1, -1, comes::value, 1},
    {"sysreserve", "mmap", 0, -1, -1, comes::value, 0},
    {"sysshared", "mmap", 0, -1, -1, comes::value, 0},
    {"sysreserve", "madvise", 0, -1, -1, comes::same, 0},
    {"sysguard", "process_madvise", 0, -1, -1, comes::same, 0},
    {"syscommit", "process_madvise", 0, -1, -1, comes::same, 0},
    // No group, no limit. The topmost group has none.
    {"cpuquota", "openat", 0, -1, 2, comes::same, 0},
    {"cpuquota", "openat", 0, -1, -1, comes::value, 0},
    {"cpuquota", "read", EINTR, -1, -1, comes::same, 0},
    {"cpuquota", "read", 0, -1, -1, comes::value, 0},
    {"cpuquota", "close", 0, -1, -1, comes::same, 0},
    // Before 5.2 there are no pidfds.
    {"execspawn", "rt_sigprocmask", 0, 0, 1, comes::fatal, 0},
    {"execspawn_moved", "rt_sigprocmask", 0, 0, 1, comes::fatal, 0},
    {"forkraw", "prctl", 0, -1, -1, comes::same, 0},
    {"pollwait", "", 0, -1, -1, comes::value, 0},
    {"pollwait_time", "", 0, -1, -1, comes::value, 0},
    {"pollbreak", "", 0, -1, -1, comes::same, 0},
    {"uring_del", "", 0, -1, -1, comes::same, 0},
    {"uring_wait", "io_uring_enter", 0, -1, -1, comes::same, 0},
    {"uring_time", "", 0, -1, -1, comes::same, 0},
    {"uring_break", "", 0, -1, -1, comes::same, 0},
    {"uring_open", "mmap", 0, -1, -1, comes::value, -ENOMEM},
    {"uring_open", "madvise", 0, -1, -1, comes::same, 0},
    {"uring_add", "io_uring_enter", EINTR, -1, -1, comes::same, 0},
    {"wakeone", "", 0, -1, -1, comes::same, 0},
    {"waitone", "", 0, -1, -1, comes::value, 0},
    {"waitone_time", "", 0, -1, -1, comes::value, 0},
    {"waitone_woken", "", 0, -1, -1, comes::value, 0},
    {"readiness", "", EINTR, -1, -1, comes::same, 0},
    {"readiness", "", 0, -1, -1, comes::value, 3},
    {"getaltstack", "", 0, -1, -1, comes::value, 0},
    {"sigprocmask", "", 0, -1, -1, comes::fatal, 0},
    {"getsigmask", "", 0, -1, -1, comes::fatal, 0},
    {"raise", "tgkill", 0, -1, -1, comes::value, 0},
    {"raise", "rt_sigaction", 0, -1, -1, comes::same, 0},
    {"raise", "rt_sigprocmask", 0, -1, -1, comes::fatal, 0},
    // The thread's stack; its areas in the kernel, of which libc does without the
    // first; masks, of the creator (all, back) and of the thread (back, all).
    {"newosproc", "mmap", 0, -1, -1, comes::value, -ENOMEM},
    {"newosproc", "mprotect", 0, -1, -1, comes::value, -ENOMEM},
    {"newosproc", "madvise", 0, -1, -1, comes::same, 0},
    {"newosproc", "rseq", 0, -1, -1, comes::same, 0},
    {"newosproc", "set_robust_list", 0, -1, -1, comes::same, 0},
    {"newosproc", "rt_sigprocmask", 0, 0, 1, comes::fatal, 0},
    {"newosproc", "rt_sigprocmask", 0, 1, -1, comes::fatal, 0},
};

row expected(const std::string& function, const std::string& call,
             const tracedcall& c, int error) {
  const auto fits = [](const char* pattern, const std::string& name) {
    return *pattern == 0 || name == pattern;
  };
  for (const row& r : kRows)
    if (fits(r.function, function) && fits(r.call, call) &&
        (r.error == 0 || r.error == error) &&
        (r.thread < 0 || r.thread == c.thread) &&
        (r.before < 0 || r.before == c.before))
      return r;
  return {"", "", 0, -1, -1, comes::negative, 0};
}

// ---- A run, and what is wrong with it ----

struct ran : tracedrun {
  long long result = kNone;
  static constexpr long long kNone = -1'000'000;
};

ran run(const syscase& c, const tracedcall& fail = {}, int error = 0) {
  auto* const result = static_cast<long long*>(
      ::mmap(nullptr, sizeof(long long), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  *result = ran::kNone;
  ran r;
  static_cast<tracedrun&>(r) = burrow::testsupport::tracecalls(
      [&] { burrow::testsupport::runcase(c, result); }, fail, error);
  r.result = *result;
  ::munmap(result, sizeof(long long));
  return r;
}

std::string left(const tracedrun& r) {
  const tracedstate& a = r.marks.front();
  const tracedstate& b = r.marks.back();
  std::string s;
  const auto differ = [&s](const char* what, auto x, auto y) {
    if (x != y)
      s +=
          std::string(" ") + what + " " +
          std::to_string(static_cast<long long>(y) - static_cast<long long>(x));
  };
  differ("maps", a.maps, b.maps);
  differ("mapped", a.mapped, b.mapped);
  differ("descriptors", a.descriptors, b.descriptors);
  differ("threads", a.threads, b.threads);
  differ("children", a.children, b.children);
  return s;
}

std::string judge(const ran& was, const ran& r, const row& e, int error) {
  if (!r.trouble.empty()) return r.trouble + ": " + r.output;
  if (r.injected == 0) return "the call was not made again";
  if (e.what == comes::fatal) {
    const bool said = r.output.find("has refused") != std::string::npos;
    return WIFEXITED(r.status) && WEXITSTATUS(r.status) == 2 && said
               ? ""
               : "no clear end: " + r.output;
  }
  const long long wanted = e.what == comes::same    ? was.result
                           : e.what == comes::value ? e.number
                                                    : -error;
  if (r.result != wanted || r.status != was.status)
    return "result " + std::to_string(r.result) + ", not " +
           std::to_string(wanted) + "; status " + std::to_string(r.status) +
           ": " + r.output;
  if (was.marks.size() != 4) return "";  // it is to end
  if (r.marks.size() != 4) return "it did not come to its end";
  const std::uint64_t mask = r.result < 0 ? r.marks[1].mask : was.marks[2].mask;
  if (r.marks[2].mask != mask || r.marks[3].mask != r.marks[0].mask)
    return "signals are masked";
  if (left(r) != left(was)) return "left:" + left(r);
  return "";
}

TEST(SysInject, AnErrorAtEachCall) {
  if (burrow::testsupport::watched())
    GTEST_SKIP() << "a sanitizer makes calls of its own";
  if (const std::string why = burrow::testsupport::cannottrace(); !why.empty())
    GTEST_SKIP() << why;
  const std::map<std::string, long> known = numbers();
  ASSERT_GT(known.size(), 50U);
  std::map<long, std::string> names;
  for (const auto& [name, nr] : known) names[nr] = name;
  std::set<std::string> failed;
  int functions = 0, calls = 0, runs = 0;
  const bool partly = burrow::testsupport::emulated();
  std::vector<syscase> cases = burrow::testsupport::kPlaincases;
  cases.insert(cases.end(), burrow::testsupport::kDescriptorcases.begin(),
               burrow::testsupport::kDescriptorcases.end());
  for (const syscase& c : cases) {
    if (c.cannot != nullptr && c.cannot()) {
      std::printf("%s is left out\n", c.name);
      continue;
    }
    const ran was = run(c);
    functions++;
    if (!was.trouble.empty() || was.status != c.status ||
        (c.status == 0 && was.marks.size() != 4)) {
      ADD_FAILURE() << c.name << ", without an error: status " << was.status
                    << " " << was.trouble << was.output;
      continue;
    }
    if (was.marks.size() == 4 && !c.keeps) {
      EXPECT_EQ(left(was), "") << c.name;
    }
    for (const tracedcall& made : was.calls) {
      const auto it = names.find(made.nr);
      if (it == names.end()) continue;  // the C library's
      const std::string& name = it->second;
      if (kUnfailing.count(name) != 0) continue;
      calls++;
      for (const int error : errorsof(c.name, name)) {
        const ran r = run(c, made, error);
        const std::string wrong =
            judge(was, r, expected(c.name, name, made, error), error);
        failed.insert(name);
        runs++;
        EXPECT_EQ(wrong, "")
            << c.name << ": errno " << error << " of " << name << " by thread "
            << made.thread << ", after " << made.before;
      }
    }
  }
  for (const auto& [name, nr] : known) {
    const auto old = kOldof.find(name);
    const bool replaced = old != kOldof.end() && known.count(old->second) != 0;
    EXPECT_TRUE(failed.count(name) != 0 || kUnfailing.count(name) != 0 ||
                replaced || name.starts_with("io_uring") || partly)
        << name << " was never failed";
  }
  std::printf("%d functions make %d calls: %d errors injected\n", functions,
              calls, runs);
  EXPECT_GT(runs, partly ? 150 : 300);
}

}  // namespace
