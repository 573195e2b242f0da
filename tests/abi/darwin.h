// tests/abi/darwin.h - Darwin's kernel, as tests/abi plays it.
#pragma once

#include "tests/abi/kernel.h"

namespace abibed {

class darwinkernel : public kernel {
 public:
  using kernel::kernel;

  // darwin.cc
  void doregister(thread&), docreate(thread&), doterminate(thread&);
  void dosetbase(thread&), dothreadself(thread&), dotaskself(thread&);
  void dodeallocate(thread&), dothreadswitch(thread&), dopthreadkill(thread&);
  void doposixkill(thread&), dommap(thread&), dotwopipe(thread&);
  void doabsolutetime(thread&), dotimebase(thread&);  // darwin_arm64.cc
  void doselect(thread&), doulockwait(thread&), doulockwake(thread&);
  // darwin_frames.cc
  void dosigaction(thread&), dothreadmask(thread&), dosigreturn(thread&);

 protected:
  const std::vector<callrow>& table() const override;
  void started(thread& t) override;
  range needs(const thread& t) const override;
  void checkcall(thread& t) override;
  void frame(thread& t, registers& r, const siginfo& info) override;
  void poison(thread& t, registers& r, const result& res) override;
  int faultcode(int linuxsig, int linuxcode) const override;
  bool trapcall(thread& t, registers& r) override;
  std::uint32_t callnumber(const thread& t) const override;
  void newidentity(thread& t) override;
  void childregs(thread& c, registers& r) override;
  result sysctl(thread& t, int a, int b, std::vector<char>& value) override;
  std::int64_t readtime(thread& t, std::uint64_t at) override;
  std::uint64_t altminimum() const override { return 8192; }
  std::uint64_t pagebytes(const thread& t) const override {
    return t.proc->processor == cpu::arm64 ? 16384 : 4096;
  }
  bool onaltstack(const thread& t, std::uint64_t) const override {
    return t.onstack;
  }
  std::uint32_t cloexecflag() const override { return 0; }
  int ports() const override;

 private:
  std::uint64_t token(std::uint64_t context) const;
  // darwin_arm64.cc
  static void armsave(std::vector<unsigned char>& mc, const registers& r);
  static void armload(const std::vector<unsigned char>& mc, registers& r);
  static std::uint32_t armnumber(const registers& r);
  void checkarmgate(thread& t);
  void armpoison(const thread& t, registers& r, const result& res) const;
  std::map<std::int64_t, int> references_;  // to ports, by asking
};

}  // namespace abibed
