// tests/abi/inject_expect.cc - which errors a call may have, and what each function
// of sys/ makes of them where it does not just return them.
#include <map>

#include "tests/abi/injector.h"

namespace abibed {

namespace {

// Of OpenBSD and Darwin.
enum bsd {
  kPerm = 1,
  kNoent = 2,
  kSrch = 3,
  kIntr = 4,
  kIo = 5,
  k2big = 7,
  kBadf = 9,
  kChild = 10,
  kNomem = 12,
  kAcces = 13,
  kFault = 14,
  kInval = 22,
  kNfile = 23,
  kMfile = 24,
  kAgain = 35,
  kConnaborted = 53,
  kConnreset = 54,
  kNobufs = 55,
  kTimedout = 60,
  kCanceled = 88,  // OpenBSD: a signal whose handler restarts calls
};
enum mach { kNoname = 0, kInvalidargument = 4, kInvalidname = 15 };

const std::map<std::string, errors> kErrors = {
    {"accept", {{kIntr, kAgain, kMfile, kConnaborted}}},
    {"accept4", {{kIntr, kAgain, kMfile, kConnaborted}}},
    {"bsdthread_create", {{kAgain, kNomem, kInval}}},
    {"bsdthread_register", {{kInval}}},
    {"chdir", {{kNoent, kAcces, kIo}}},
    {"close", {{kIntr, kIo}}},
    {"dup2", {{kIntr, kBadf, kMfile}}},
    {"execve", {{kNoent, kAcces, kNomem, k2big, kAgain}}},
    {"fcntl", {{kIntr, kBadf, kMfile}}},
    {"fork", {{kAgain, kNomem}}},
    {"futex", {{kIntr, kAgain, kTimedout, kCanceled, kInval}}},
    {"kevent", {{kIntr, kNomem}}},
    {"kill", {{kPerm, kSrch}}},
    {"kqueue", {{kMfile, kNfile, kNomem}}},
    {"madvise", {{kInval, kNomem}}},
    {"mach_port_deallocate", {{kInvalidname}, true}},
    {"mach_timebase_info", {{kInvalidargument}, true}},
    {"mmap", {{kNomem, kInval}}},
    {"mprotect", {{kNomem, kAcces}}},
    {"munmap", {{kInval, kNomem}}},
    {"nanosleep", {{kIntr, kInval}}},
    {"pipe", {{kMfile, kNfile, kNomem}}},
    {"pipe2", {{kMfile, kNfile, kNomem}}},
    {"poll", {{kIntr, kAgain, kInval}}},
    {"pthread_sigmask", {{kInval, kFault}}},
    {"read", {{kIntr, kAgain, kIo}}},
    {"recvfrom", {{kIntr, kAgain, kConnreset}}},
    {"select", {{kIntr, kAgain}}},
    {"sendto", {{kIntr, kAgain, kNobufs}}},
    {"setpgid", {{kPerm, kSrch, kAcces}}},
    {"sigaction", {{kInval, kFault}}},
    {"sigaltstack", {{kNomem, kPerm, kInval}}},
    {"sigprocmask", {{kInval, kPerm}}},
    {"sysctl", {{kPerm, kNomem, kInval}}},
    {"thread_self", {{kNoname}, true}},
    {"thread_switch", {{kInvalidargument}, true}},
    {"thrkill", {{kPerm, kSrch}}},
    {"ulock_wait", {{kIntr, kTimedout, kFault, kNomem}}},
    {"ulock_wake", {{kNoent, kFault}}},
    {"vfork", {{kAgain, kNomem}}},
    {"wait4", {{kIntr, kChild}}},
    {"write", {{kIntr, kAgain, kIo}}},
    {"__pthread_kill", {{kInval, kSrch}}},
    {"__tfork", {{kAgain, kNomem, kInval}}},
    {"__tfork51", {{kAgain, kNomem}}},
    {"__thrsleep", {{kIntr, kAgain, kInval, kCanceled}, true}},
    {"__thrwakeup", {{kSrch, kInval}, true}},
};

// Calls that have no errors, or are never made between the marks.
const std::map<std::string, const char*> kUnfailing = {
    {"__set_tcb", "sys/ does not call it"},
    {"__threxit", "does not return"},
    {"bsdthread_terminate", "does not return"},
    {"clock_gettime", "has none for this clock and memory that is there"},
    {"getpid", "has none"},
    {"getppid", "has none"},
    {"getthrid", "has none"},
    {"sched_yield", "has none"},
    {"mach_absolute_time", "has none: its result is the time"},
    {"set_cthread_self",
     "its result is no error number, or nobody looks at it"},
    {"sigreturn", "does not return"},
    {"task_self", "has none"},
};

struct row {
  const char* function;  // or all
  const char* call;      // or all
  int error;             // or 0: all
  int occurrence;        // or -1: all
  expectation::kind what;
  long long number;
};

// The first row that fits; else the error is the result. The rows in which a process
// ends are those after which it cannot go on: sys/refused.h.
constexpr const char* kAll = "";
constexpr row kRows[] = {
    {"", "mach_timebase_info", 0, -1, expectation::fatal, 0},
    {"exitprocess", "exit", 0, -1, expectation::same, 0},
    {"usleep", kAll, 0, -1, expectation::same, 0},
    {"osyield", kAll, 0, -1, expectation::same, 0},
    {"release", "sysctl", 0, -1, expectation::unknown, 0},
    {"ncpu", "sysctl", 0, -1, expectation::value, 1},
    {"", "futex", kCanceled, -1, expectation::value, -kIntr},
    {"", "__thrsleep", kCanceled, -1, expectation::value, -kIntr},
    {"", "__thrsleep", kAgain, -1, expectation::same, 0},
    {"", "__thrwakeup", 0, -1, expectation::value, 0},
    {"", "ulock_wake", kNoent, -1, expectation::value, 0},
    {"sysreserve", "mmap", 0, -1, expectation::value, 0},
    {"sysshared", "mmap", 0, -1, expectation::value, 0},
    {"membarrier", "mprotect", 0, -1, expectation::fatal, 0},
    {"gettid", "thread_self", 0, -1, expectation::value, 0},
    {"newthread", "thread_switch", 0, -1, expectation::same, 0},
    {"pollwait", "kevent", 0, -1, expectation::value, 0},
    {"pollwait_time", "kevent", 0, -1, expectation::value, 0},
    {"pollbreak", kAll, 0, -1, expectation::same, 0},
    {"wakeone", kAll, 0, -1, expectation::same, 0},
    {"waitone", "poll", 0, -1, expectation::value, 0},
    {"waitone_time", "poll", 0, -1, expectation::value, 0},
    {"waitone_woken", kAll, 0, -1, expectation::value, 0},
    {"readiness", "poll", kIntr, -1, expectation::same, 0},
    {"readiness", "poll", 0, -1, expectation::value, 3},
    {"getaltstack", kAll, 0, -1, expectation::value, 0},
    {"sigprocmask", kAll, 0, -1, expectation::fatal, 0},
    {"getsigmask", kAll, 0, -1, expectation::fatal, 0},
    // The signal does not come; the handler's disposition stays as it was.
    {"raise", "thrkill", 0, -1, expectation::value, 0},
    {"raise", "kill", 0, -1, expectation::value, 0},
    {"raise", "__pthread_kill", 0, -1, expectation::value, 0},
    {"raise", "thread_self", 0, -1, expectation::value, 0},
    {"raise", "sigaction", 0, -1, expectation::same, 0},
    {"raise", "sigprocmask", 0, -1, expectation::fatal, 0},
    {"raise", "pthread_sigmask", 0, -1, expectation::fatal, 0},
    {"", "mach_port_deallocate", 0, -1, expectation::same, 0},
    // All masked; the child's own; put back, when the child is there.
    {"execspawn", "sigprocmask", 0, 2, expectation::fatal, 0},
    {"execspawn", "pthread_sigmask", 0, 2, expectation::fatal, 0},
    {"execspawn_moved", "sigprocmask", 0, 2, expectation::fatal, 0},
    {"execspawn_moved", "pthread_sigmask", 0, 2, expectation::fatal, 0},
};

bool fits(const char* pattern, const std::string& name) {
  return *pattern == 0 || name == pattern;
}

// Releases in which a call is there and not used, for a better one.
bool replaced(const options& how, const std::string& call) {
  if (how.release.os != system::openbsd) return false;
  constexpr std::uint32_t k57 = 201505, k62 = 201710;
  const std::uint32_t n = how.release.number;
  return (n >= k62 && (call == "__thrsleep" || call == "__thrwakeup")) ||
         (n >= k57 && (call == "pipe" || call == "accept"));
}

}  // namespace

errors errorsof(const options& how, const std::string& function,
                const std::string& call) {
  constexpr std::uint32_t k65 = 201905;
  const auto it = kErrors.find(call);
  if (it == kErrors.end())
    return {{kIntr, kAgain, kNomem, kInval, kPerm}, false};
  errors e = it->second;
  // The error is a result on the first kernels that have futex; so who wakes cannot
  // be told of any.
  const bool old = how.release.number < k65;
  if (call == "futex" && function != "futexsleep")
    e.numbers = old ? std::vector<int>{} : std::vector<int>{kFault};
  else if (call == "futex")
    e.byvalue = old;
  if (call == "write" && function == "pollbreak") e.numbers = {kIntr};
  return e;
}

std::string unfailing(const options& how, const std::string& call) {
  if (replaced(how, call)) return "another is used instead";
  const auto it = kUnfailing.find(call);
  return it == kUnfailing.end() ? "" : it->second;
}

expectation expected(const options& how, const std::string& function,
                     const std::string& call, int occurrence, int error) {
  constexpr std::uint32_t kSierra = 16, k62 = 201710;
  expectation e;
  for (const row& r : kRows) {
    if (!fits(r.function, function) || !fits(r.call, call) ||
        (r.error != 0 && r.error != error) ||
        (r.occurrence >= 0 && r.occurrence != occurrence))
      continue;
    e.what = r.what;
    e.number = r.number;
    break;
  }
  if (e.what == expectation::unknown &&
      how.release.number >= (how.release.os == system::darwin ? kSierra : k62))
    e.what = expectation::same;
  if (call == "mach_port_deallocate") e.ports = 1;
  return e;
}

}  // namespace abibed
