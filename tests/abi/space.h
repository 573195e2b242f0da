// tests/abi/space.h - an address space of the emulated machine, and the processor
// that runs in it.
//
// The memory is ours, given to the emulator in blocks of one protection each; blocks
// that processes share have the same memory. The emulator would split regions by
// itself: here it never has to, for its copies would not be ours.
#pragma once

#include <unicorn/unicorn.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/abi/tracee.h"

namespace abibed {

// How a piece of running has ended: the instructions are used up, at a call (pc is
// behind it), or by a fault, which is a Linux signal.
struct halt {
  enum { used, call, fault } why = used;
  int sig = 0, code = 0;
  std::uint64_t addr = 0;
};

class space {
 public:
  static constexpr std::uint64_t kPage = 4096;

  space();
  ~space();
  space(const space&) = delete;
  space& operator=(const space&) = delete;

  // A copy, but for what is shared: the child's of a fork.
  std::unique_ptr<space> copy() const;

  // map maps zeros at `at`, in place of what is there, or, if at is 0, where there is
  // room, with a gap before it. Returns where.
  std::uint64_t map(std::uint64_t at, std::uint64_t bytes, int prot,
                    bool shared);
  void unmap(std::uint64_t at, std::uint64_t bytes);
  // False: not all of it is there.
  bool protect(std::uint64_t at, std::uint64_t bytes, int prot);
  bool zero(std::uint64_t at, std::uint64_t bytes);

  bool read(std::uint64_t at, void* to, std::size_t n) const;
  bool write(std::uint64_t at, const void* from, std::size_t n);
  // A text that ends with 0. False: it is not there.
  bool text(std::uint64_t at, std::string& to) const;

  // load maps a program's segments. Returns where it begins.
  std::uint64_t load(const std::vector<char>& file);

  // run runs at most n instructions.
  halt run(armregisters& r, std::size_t n, bool landings);

 private:
  struct block {
    std::uint64_t hi;
    std::shared_ptr<char> mem;  // its first byte; keeps the whole alive
    int prot;
    bool shared;
  };
  void cut(std::uint64_t at);
  bool covered(std::uint64_t at, std::uint64_t bytes) const;
  void put(std::uint64_t at, block b);
  bool each(std::uint64_t at, std::size_t n, int prot,
            const std::function<void(char*, std::size_t)>& fn) const;
  static void oncode(uc_engine*, std::uint64_t at, std::uint32_t, void* self);
  static void oncall(uc_engine* uc, std::uint32_t number, void* self);
  static bool onfault(uc_engine*, uc_mem_type type, std::uint64_t at, int,
                      std::int64_t, void* self);
  void transfer(armregisters& r, bool out);
  halt trapped(armregisters& r) const;

  uc_engine* uc_ = nullptr;
  std::map<std::uint64_t, block> blocks_;
  std::uint64_t next_ = 0x1000000000;
  // Of the present run.
  bool landings_ = false;
  unsigned branch_ = 0;  // the kind of the last instruction, as pstate has it
  int interrupt_ = -1;
  std::uint64_t faultat_ = 0;
  std::string wrong_;
};

}  // namespace abibed
