// tests/abi/emulated.h - the machine that is emulated: threads that take turns on one
// processor, and as much of Linux as the kernels that are played ask of it.
//
// Nothing of the program is Linux's: its descriptors are ours under other numbers,
// its processes are records. A thread runs for some hundreds of instructions, never
// the same number twice in a row, so that threads meet anywhere.
#pragma once

#include <csignal>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/abi/space.h"

namespace abibed {

struct descriptor {
  std::shared_ptr<const int> fd;  // ours; closed with the last of them
  bool cloexec = false;
};

struct emulatedprocess {
  pid_t pid = 0, parent = 0;
  std::shared_ptr<space> mem;
  std::map<int, descriptor> fds;
  std::string exe, folder;
  range stack{};
  bool landings = false;
  std::map<pid_t, int> ended;  // children that nobody has waited for
};

// A stop: what waitpid would say, and what comes with it.
struct emulatedstop {
  int status = 0;
  siginfo_t info{};
  pid_t child = 0;
};

struct emulatedthread {
  pid_t tid = 0;
  std::shared_ptr<emulatedprocess> proc;
  armregisters regs;
  // waits: for a vforked child.
  enum { stopped, runs, calls, waits } state = stopped;
  std::int64_t nr = 0;  // the call that it is in
  std::vector<std::uint64_t> args;
  std::int64_t value = 0;
  emulatedstop last;
  std::deque<emulatedstop> more;  // that come before it runs again
  pid_t child = 0;                // the one that it waits for
};

class emulatedmachine : public machine {
 public:
  emulatedmachine();
  ~emulatedmachine() override;

  pid_t start(const std::string& program, const std::vector<std::string>& args,
              int outfd) override;
  bool next(pid_t& tid, int& status) override;
  void pause() override;
  bool waitstop(pid_t tid, int& status) override;
  bool isstopped(pid_t tid) override;
  void resume(pid_t tid) override;
  pid_t child(pid_t tid) override { return thread(tid).last.child; }
  siginfo_t signal(pid_t tid) override { return thread(tid).last.info; }
  registers getregs(pid_t tid) override;
  void setregs(pid_t tid, const registers& r) override;
  bool readmem(pid_t pid, std::uint64_t at, void* to, std::size_t n) override;
  bool writemem(pid_t pid, std::uint64_t at, const void* from,
                std::size_t n) override;
  std::int64_t linuxcall(pid_t tid, bool wide, std::int64_t nr,
                         std::vector<std::uint64_t> args) override;
  void makecall(pid_t tid, const registers& entry, bool wide, std::int64_t nr,
                std::vector<std::uint64_t> args) override;
  std::int64_t callvalue(pid_t tid) override { return thread(tid).value; }
  bool skipcall(pid_t, const registers&, int&) override { return true; }
  void poke(pid_t pid, pid_t tid) override;
  void kill(pid_t pid) override;
  void end(const std::vector<pid_t>& more) override;
  cpu processor(pid_t) override { return cpu::arm64; }
  std::string program(pid_t pid) override { return process(pid).exe; }
  range stack(pid_t pid) override { return process(pid).stack; }
  void makeroom(pid_t, const range&) override {}
  int duplicate(pid_t pid, int fd) override;
  std::size_t descriptors(pid_t pid) override {
    return process(pid).fds.size();
  }
  void wantlandings(pid_t pid) override { process(pid).landings = true; }

 private:
  using T = emulatedthread;
  using answer = std::optional<std::int64_t>;  // none: not yet, or never

  T& thread(pid_t tid);
  emulatedprocess& process(pid_t id);
  void stop(T& t, const emulatedstop& s);
  void event(T& t, int which, pid_t child);
  void callends(T& t, std::int64_t value);
  void interrupt(T& t, int sig, int code, pid_t from);
  void round();
  void turn(T& t);
  void endthread(T& t, int status);
  void endprocess(emulatedprocess& p, int status);
  void released(pid_t child);
  void enter(T& t, const std::string& program,
             const std::vector<std::string>& args);

  // emulated_calls.cc: Linux's calls.
  answer call(T& t);
  answer callfile(T& t);
  answer callbytes(T& t, bool out);
  answer callaccept(T& t, int fd);
  std::int64_t callfcntl(T& t, const descriptor& d);
  std::int64_t callpipe(T& t, int flags);
  answer callmemory(T& t);
  answer callprocess(T& t);
  answer callwait(T& t);
  answer callexec(T& t);
  answer callbirth(T& t);
  static int lowest(const emulatedprocess& p, int from);
  static descriptor owned(int fd, bool cloexec);
  static int give(emulatedprocess& p, int fd, bool cloexec);

  std::map<pid_t, std::unique_ptr<T>> threads_;
  std::map<pid_t, std::shared_ptr<emulatedprocess>> processes_;
  std::deque<std::pair<pid_t, int>> stops_;
  pid_t lastid_ = 20'000, lastturn_ = 0;
  bool fresh_ = false;    // the last round's stops have been taken
  std::uint32_t chance_;  // another at each run
  struct sigaction oldpipe_ {};
};

}  // namespace abibed
