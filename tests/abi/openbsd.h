// tests/abi/openbsd.h - OpenBSD's kernel, as tests/abi plays it.
#pragma once

#include "tests/abi/kernel.h"

namespace abibed {

class openbsdkernel : public kernel {
 public:
  using kernel::kernel;

  // openbsd.cc
  void dotfork(thread&), dotfork51(thread&), dothrexit(thread&);
  void dogetthrid(thread&), dosettcb(thread&), dothrkill(thread&);
  void doobsdkill(thread&), dommap(thread&), dopadmmap(thread&);
  void doclockgettime(thread&);
  // openbsd_sleep.cc
  void dothrsleep(thread&), dothrwakeup(thread&), dofutex(thread&);
  void donanosleep(thread&);
  // openbsd_frames.cc
  void dosigaction(thread&), dosigprocmask(thread&), dosigreturn(thread&);

 protected:
  const std::vector<callrow>& table() const override;
  void started(thread& t) override;
  void checkcall(thread& t) override;
  void frame(thread& t, registers& r, const siginfo& info) override;
  void poison(thread& t, registers& r, const result& res) override;
  int faultcode(int linuxsig, int linuxcode) const override;
  void newidentity(thread& t) override;
  void childregs(thread& c, registers& r) override;
  result sysctl(thread& t, int a, int b, std::vector<char>& value) override;
  std::int64_t readtime(thread& t, std::uint64_t at) override;
  std::uint64_t altminimum() const override;
  bool onaltstack(const thread& t, std::uint64_t sp) const override;
  void altstackset(thread& t) override;
  std::uint32_t cloexecflag() const override { return 0x10000; }

 private:
  void queue(thread& t);
  // openbsd_arm64.cc
  void checkarmgate(thread& t, std::uint64_t site);
  void armpoison(registers& r) const;
  void armstarted(thread& t);
  void armframe(thread& t, registers& r, const siginfo& info);
  void armsigreturn(thread& t);
  std::uint64_t frametop(const thread& t, const registers& r,
                         const action& a) const;
  void birth(thread& t, std::uint64_t tcb, std::uint64_t tid,
             std::uint64_t stack, bool hasstack);
  std::int64_t lasttid_ = 0;
};

}  // namespace abibed
