// tests/abi/kernel.h - the kernel that is played: its processes and threads, and
// what all the systems have in common. One folder-mate a system adds the rest.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "tests/abi/bed.h"
#include "tests/abi/tracee.h"

namespace abibed {

struct action {
  std::uint64_t handler = 0, tramp = 0;
  std::uint32_t mask = 0, flags = 0;
};

// Flags of an action, the same on all these systems.
inline constexpr std::uint32_t kOnstack = 1, kResethand = 4, kNodefer = 16;
inline constexpr std::uint32_t kSiginfo = 64;
inline constexpr int kSignals = 32;

inline constexpr std::uint32_t bit(int sig) { return 1U << (sig - 1); }

struct altstack {
  std::uint64_t lo = 0, bytes = 0;
  bool enabled = false;
};

// What comes with a signal.
struct siginfo {
  int sig = 0, code = 0;
  std::uint64_t addr = 0;
  pid_t pid = 0;
};

struct kqueue;

// Of one program: what its threads share.
struct process {
  pid_t pid = 0;
  cpu processor = cpu::amd64;
  bool wide = true;     // 64-bit
  bool shares = false;  // its parent's memory
  std::array<action, kSignals + 1> actions{};
  std::map<int, siginfo> pending;               // for any thread
  std::vector<range> stacks;                    // where a stack pointer may be
  std::map<std::uint64_t, std::uint64_t> maps;  // made by mmap: address, bytes
  std::map<std::uint32_t, std::set<std::uint64_t>> pins;
  std::map<int, std::shared_ptr<kqueue>> queues;
  std::uint64_t sigcode = 0, cookie = 0;
  std::uint64_t threadstart = 0;  // Darwin's registration
};

struct thread {
  pid_t lid = 0;        // what Linux calls it
  std::int64_t id = 0;  // what the program may see
  std::shared_ptr<process> proc;
  std::uint32_t mask = 0;
  std::map<int, siginfo> pending;
  altstack alt;
  bool onstack = false;   // Darwin's own notion
  registers entry{};      // at the call that it is in
  bool incall = false;    // in a Linux call's entry stop
  bool sleeping = false;  // in a call that the kernel here holds back
  bool poked = false;     // a Linux signal is on its way to stop it
  std::uint32_t nr = 0;   // of the call
  std::size_t record = 0;
  std::uint64_t ident = 0;     // what it sleeps on
  std::int64_t deadline = -1;  // ns of the monotonic clock
  std::function<void()> onwake, onlapse, oninterrupt, onpoll;
  std::function<void(std::int64_t)> onlinux;  // with a Linux call's result
  std::function<void(thread&)> onbirth;       // with the new thread or process
  std::function<void()> ongone;
};

struct result {
  bool failed = false;
  std::uint64_t value = 0;
  std::uint64_t second = 0;
  bool hassecond = false;
};
inline result ok(std::uint64_t value = 0) { return {false, value, 0, false}; }
inline result error(int e) {
  return {true, static_cast<std::uint64_t>(e), 0, false};
}

class kernel;

// A row of a system's table of calls: in which releases there is this number, and
// on which processors.
enum class where { all, x86, arm64 };
struct callrow {
  std::uint32_t nr, from, until;
  const char* name;
  int args;
  void (kernel::*fn)(thread&);
  where cpus = where::all;
};

class kernel {
 public:
  explicit kernel(const options& how) : how_(how) {}
  kernel(const kernel&) = delete;
  kernel& operator=(const kernel&) = delete;
  virtual ~kernel() = default;
  outcome run(const std::string& program, const std::vector<std::string>& args);
  std::vector<std::string> names() const;

 protected:
  // ---- What a system adds ----
  virtual const std::vector<callrow>& table() const = 0;
  virtual void started(thread& t) = 0;  // a new program has been loaded
  // Where the system has something in each program's memory.
  virtual range needs(const thread&) const { return {0, 0}; }
  virtual void checkcall(thread& t) = 0;
  virtual void frame(thread& t, registers& r, const siginfo& info) = 0;
  virtual void poison(thread& t, registers& r, const result& res) = 0;
  virtual int faultcode(int linuxsig, int linuxcode) const = 0;
  // A trap that is a call there (Darwin's int $0x81). Whether it was.
  virtual bool trapcall(thread&, registers&) { return false; }
  virtual std::uint32_t callnumber(const thread& t) const {
    const registers& r = t.entry;
    return static_cast<std::uint32_t>(r.isarm ? r.arm.x[8] : r.orig_rax);
  }
  virtual void newidentity(thread& t) = 0;  // sets t.id
  // What a new process finds in its registers, which are its parent's so far.
  virtual void childregs(thread& c, registers& r) = 0;

 public:
  // ---- For the calls ----
  std::uint64_t arg(const thread& t, int i) const;
  std::uint32_t release() const { return how_.release.number; }
  void finish(thread& t, result r);
  void finishwith(thread& t, registers r);  // all the registers are given
  void aslinux(thread& t, std::int64_t wide, std::int64_t narrow,
               std::vector<std::uint64_t> args,
               std::function<void(std::int64_t)> then = {});
  void sleep(thread& t, std::uint64_t ident, std::int64_t deadline);
  void interruptible(thread& t, result lapse, result woken, result interrupted);
  int wake(std::uint64_t ident, int n);
  void signalthread(thread& t, const siginfo& info);
  void signalprocess(process& p, const siginfo& info);
  thread* find(std::int64_t id);
  thread* findlinux(pid_t lid);
  std::size_t wordbytes(const thread& t) const { return t.proc->wide ? 8 : 4; }
  virtual std::uint64_t pagebytes(const thread&) const { return 4096; }
  void setbase(thread& t, registers& r, std::uint64_t base, bool fs);
  call& record(thread& t) { return out_.calls[t.record]; }
  void newthread(thread& t, std::function<void(thread&, registers&)> begin);
  void newprocess(thread& t, bool shares);
  void endthread(thread& t);
  void checkstack(thread& t, std::uint64_t sp, const char* when);

  // ---- Calls that all have (calls.cc, sigcalls.cc, events.cc) ----
  void doexit(thread&), doread(thread&), dowrite(thread&), doclose(thread&);
  void dogetpid(thread&), dogetppid(thread&), dodup2(thread&), dofcntl(thread&);
  void dopipe(thread&), dopipe2(thread&), dochdir(thread&), dosetpgid(thread&);
  void dowait4(thread&), doexecve(thread&), domunmap(thread&);
  void domprotect(thread&), domadvise(thread&), doyield(thread&);
  void dosigaltstack(thread&), dokill(thread&), dosysctl(thread&);
  void dokqueue(thread&), dokevent(thread&), dopoll(thread&);
  void dovfork(thread&), dofork(thread&);
  void doaccept(thread&), dorecvfrom(thread&), dosendto(thread&);
  void domap(thread& t, int flags, int fd, std::uint64_t offset);

 protected:
  virtual result sysctl(thread& t, int a, int b, std::vector<char>& value) = 0;
  // The nanoseconds of a timespec of the program's.
  virtual std::int64_t readtime(thread& t, std::uint64_t at) = 0;
  virtual std::uint64_t altminimum() const = 0;
  virtual bool onaltstack(const thread& t, std::uint64_t sp) const = 0;
  virtual void altstackset(thread&) {}
  virtual std::uint32_t cloexecflag() const = 0;
  virtual int ports() const { return 0; }  // references to them

  // Whether the call is one to fail, or a mark, and has been looked after (inject.cc).
  bool injected(thread& t);
  bool marked(thread& t);
  holdings hold(const thread& t) const;

  void launch(const std::string& program, const std::vector<std::string>& args);
  void loop();
  bool step();
  void attempt(pid_t lid, const std::function<void()>& fn);
  void stopped(thread& t, int status);
  void atcall(thread& t);
  void serve(thread& t);
  void atsignal(thread& t, int sig);
  void atexec(thread& t);
  void deliver(thread& t, registers& r);
  bool choose(thread& t, siginfo& info);
  void act(thread& t, registers& r, const siginfo& info);
  void die(thread& t, const siginfo& info);
  void go(thread& t, registers r);
  void timers();
  void unsleep(thread& t);
  thread& born(pid_t lid);
  void gone(pid_t lid, int status);
  void collect();
  std::string states() const;

  options how_;
  outcome out_;
  std::map<pid_t, std::unique_ptr<thread>> threads_;
  std::set<pid_t> early_;
  std::deque<std::pair<pid_t, int>> events_;  // with their status
  std::vector<pid_t> ended_;
  pid_t first_ = 0;
  int outfd_ = -1;
  std::string doubt_;           // a violation by a thread that was ending
  std::deque<pid_t> sleepers_;  // in the order in which they came
};

std::int64_t now();  // ns of the monotonic clock

// In this process, for the program to inherit; and away again.
void givesockets();
void takesockets();

std::unique_ptr<kernel> openbsd(const options& how);
std::unique_ptr<kernel> darwin(const options& how);

}  // namespace abibed
