// tests/abi/bed.h - running a program of another system, and what came of it.
//
// run starts a freestanding Linux ELF program whose code makes another system's
// calls, and plays that system's kernel for it, by ptrace or on an emulated
// processor: no call of the program reaches Linux but as what the tables of that
// kernel say it means. What they do not
// allow ends the program at once, and `violation` says what it was.
//
// What the kernel here lacks is a violation, too, never a silent success.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace abibed {

enum class system { openbsd, darwin };

// OpenBSD: kern.osrevision. Darwin: the first number of kern.osrelease.
struct kernelrelease {
  system os = system::openbsd;
  std::uint32_t number = 0;
};

// inject makes calls of that number fail with an error: `count` of them, after
// `skip` of them.
struct injection {
  std::uint32_t nr = 0;
  int skip = 0;
  int count = 1;
  int error = 0;
  bool byvalue = false;  // the error is the result; carry says success
  bool between = false;  // only calls between the marks are counted
};

// What a process has, when it marks its place: writes to descriptor kMark. It makes
// four marks; between the second and the third it does what is tested. All but the
// first wait a while for what is on its way out.
inline constexpr int kMark = -77;
struct holdings {
  std::size_t call = 0;    // how many came before
  std::uint32_t mask = 0;  // of the thread that marks
  std::uint64_t mapped = 0;
  std::size_t maps = 0, descriptors = 0, threads = 0;
  int children = 0;  // running or not waited for
  int ports = 0;     // references to Mach ports
};

struct options {
  kernelrelease release;
  bool emulate = false;  // an arm64 program
  bool sockets =
      false;  // it has some: 10 and 11 a pair, 12 a listener, 13 a client
  std::vector<injection> inject;
};

// One call as the kernel saw it.
struct call {
  std::int64_t thread = 0;
  std::uint32_t nr = 0;  // with Darwin's class in its upper byte
  std::string name;
  std::vector<std::uint64_t> args;
  std::uint32_t mask = 0;  // the thread's, when it made the call
  std::uint64_t sp = 0;
  bool failed = false;
  std::uint64_t result = 0;
  bool between = false;  // the marks, and of the first program
};

struct outcome {
  int exitcode = -1;      // -1: a signal, or a violation
  int signal = 0;         // the foreign one that ended it
  std::string violation;  // empty: none
  std::string output;     // what it wrote to 1 and 2
  std::vector<call> calls;
  std::uint64_t mapped = 0;  // bytes that it mapped and did not unmap
  int threads = 0;           // that it started
  int delivered = 0;         // signals, to handlers
  int injected = 0;          // errors
  std::vector<holdings> marks;

  // The calls of one name.
  std::vector<call> of(const std::string& name) const {
    std::vector<call> found;
    for (const call& c : calls)
      if (c.name == name) found.push_back(c);
    return found;
  }
};

// Why programs of this processor (amd64, 386, arm64) cannot be run here; empty: they
// can.
std::string cannot(const std::string& arch);

outcome run(const std::string& program, const std::vector<std::string>& args,
            const options& how);

// The names of the calls that the kernel has.
std::vector<std::string> callnames(const options& how);

}  // namespace abibed
