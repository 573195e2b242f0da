// tests/abi/ports_test.cc - what each port's program does under the kernel that is
// played for it, in each generation of that kernel.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <ostream>

#include "tests/abi/bed.h"
#include "tests/abi/injector.h"

namespace {

struct port {
  const char* os;
  const char* arch;
  std::uint32_t number;  // of the release
  const char* release;
  bool arm64() const { return std::string(arch) == "arm64"; }
};

std::string name(const port& p) {
  return std::string(p.os) + "_" + p.arch + "_" + p.release;
}

void PrintTo(const port& p, std::ostream* out) { *out << name(p); }

class Ports : public testing::TestWithParam<port> {
 protected:
  void SetUp() override {
    if (*ABI_WHY_NOT != 0) GTEST_SKIP() << ABI_WHY_NOT;
    how.emulate = GetParam().arm64();
    if (how.emulate && *ABI_ARM64_WHY_NOT != 0)
      GTEST_SKIP() << ABI_ARM64_WHY_NOT;
    if (const std::string why = abibed::cannot(GetParam().arch); !why.empty())
      GTEST_SKIP() << why;
    how.release.os = std::string(GetParam().os) == "darwin"
                         ? abibed::system::darwin
                         : abibed::system::openbsd;
    how.release.number = GetParam().number;
  }

  bool darwin() const { return how.release.os == abibed::system::darwin; }

  std::string program(const std::string& what) const {
    // Of another folder: the mutants' (mutants.py).
    const char* const folder = getenv("ABI_PROGRAMS");
    return std::string(folder != nullptr ? folder : ABI_PROGRAMS) + "/" + what +
           "_" + GetParam().os + "_" + GetParam().arch;
  }

  abibed::outcome run(const std::string& scenario) {
    return abibed::run(program("abi"), {scenario}, how);
  }

  // A run of the scheduler.
  abibed::outcome core(const std::vector<std::string>& args) {
    abibed::outcome r = abibed::run(program("core"), args, how);
    EXPECT_EQ(r.violation, "");
    EXPECT_EQ(r.exitcode, 0) << r.output;
    return r;
  }

  // A scenario that checks itself; all that it maps it gives back, but for what
  // is said here.
  abibed::outcome good(const std::string& scenario, std::uint64_t mapped = 0) {
    abibed::outcome r = run(scenario);
    EXPECT_EQ(r.violation, "");
    EXPECT_EQ(r.exitcode, 0);
    EXPECT_EQ(r.signal, 0);
    EXPECT_EQ(r.output, "ok\n");
    EXPECT_EQ(r.mapped, mapped);
    return r;
  }

  // The call that makes a thread, and its number.
  abibed::call creation(const abibed::outcome& r) const {
    for (const char* n : {"__tfork", "__tfork51", "bsdthread_create"})
      if (const auto c = r.of(n); !c.empty()) return c[0];
    ADD_FAILURE() << "no thread was made";
    return {};
  }

  abibed::options how;
};

constexpr std::uint32_t kAll = ~(1U << 8 | 1U << 16);  // but KILL and STOP
constexpr std::uint64_t kAlt = 32768, kSpare = 65536;

// ---- Threads ----

TEST_P(Ports, AThreadBeginsAsItShould) {
  const abibed::outcome r = good("one");
  EXPECT_EQ(r.threads, 1);
  EXPECT_EQ(creation(r).mask, kAll);
  // What follows in the parent puts the mask back.
  EXPECT_EQ(r.calls.back().mask, 1U << 30);
}

TEST_P(Ports, ManyThreadsComeAndGo) { EXPECT_EQ(good("many").threads, 20); }

TEST_P(Ports, ARefusedThreadLeavesNothingBehind) {
  how.inject.push_back({creation(run("one")).nr, 0, 1, 35});
  const abibed::outcome r = good("refused");
  EXPECT_EQ(r.threads, 1);
  EXPECT_TRUE(creation(r).failed);
}

TEST_P(Ports, AMaskIsOfOneThread) { good("masks"); }
TEST_P(Ports, Memory) { good("memory"); }
TEST_P(Ports, TheClock) { good("clock"); }
TEST_P(Ports, ErrorsComeBack) { good("errors"); }

// ---- Signals ----

TEST_P(Ports, AHandlerRunsOnItsStackAndReturns) {
  EXPECT_EQ(good("raised", kAlt).delivered, 4);
}

TEST_P(Ports, ATrapChangesNoRegister) {
  EXPECT_EQ(good("trapped", kAlt).delivered, 1);
}

TEST_P(Ports, AFaultBecomesACall) {
  EXPECT_EQ(good("faulted", kAlt).delivered, 1);
}

TEST_P(Ports, AnUncaughtFaultIsTheEnd) {
  EXPECT_EQ(run("uncaught").signal, 11);
}

TEST_P(Ports, ABlockedFaultIsTheEnd) {
  EXPECT_EQ(run("blockedfault").signal, 11);
}

TEST_P(Ports, AThreadThatComputesDoesNotNoticeSignals) {
  EXPECT_EQ(good("kicked").delivered, 10);
}

TEST_P(Ports, ABrokenPipeSaysWhoseItIs) {
  EXPECT_EQ(good("brokenpipe", kAlt).delivered, 2);
}

TEST_P(Ports, AKilledProcessIsDead) { EXPECT_EQ(run("killed").signal, 15); }

TEST_P(Ports, AnothersHandlerIsCalled) { good("forwarded", kAlt); }

// ---- Sleeping ----

TEST_P(Ports, Futex) { good("futex"); }
TEST_P(Ports, NoWakeUpIsLost) { good("pingpong"); }
TEST_P(Ports, OneOrAllAreWoken) {
  if (darwin() && how.release.number < 16)
    GTEST_SKIP() << "before 10.12 sleepers look for themselves";
  good("wakeall");
}
TEST_P(Ports, ASignalEndsASleep) {
  if (darwin() && how.release.number < 16)
    GTEST_SKIP() << "before 10.12 sleepers look for themselves";
  good("interrupted", kAlt);
}

// ---- The poller ----

TEST_P(Ports, EachEdgeIsToldOnce) {
  const abibed::outcome r = good("edges");
  // Two entries a descriptor, of both directions, edge-triggered.
  for (const abibed::call& c : r.of("kevent")) {
    if (c.args.size() < 14 || c.args[2] != 2 || c.failed) continue;
    EXPECT_EQ(c.args[6], c.args[10]);
    EXPECT_EQ(static_cast<int>(c.args[7]), -1);
    EXPECT_EQ(static_cast<int>(c.args[11]), -2);
    EXPECT_EQ(c.args[8], 0x21U);
    EXPECT_EQ(c.args[9], c.args[13]);
  }
}

TEST_P(Ports, AWaitCanBeBroken) { good("broken"); }
TEST_P(Ports, OneDescriptorIsWaitedForAlone) { good("alone"); }

// ---- Processes ----

TEST_P(Ports, AForkedChild) { good("forked", 4096); }

TEST_P(Ports, AnotherProgramIsStarted) {
  const abibed::outcome r = good("spawned", kAlt + kSpare);
  EXPECT_EQ(r.of("vfork").at(0).mask, kAll);
  const abibed::call exec = r.of("execve").at(0);
  EXPECT_EQ(exec.mask, 0U);
  // On the stack that was given.
  for (const abibed::call& c : r.of("mmap"))
    if (c.args[1] == kSpare) {
      EXPECT_GT(exec.sp, c.result);
      EXPECT_LT(exec.sp, c.result + kSpare);
    }
}

TEST_P(Ports, DescriptorsInEachOthersWay) {
  abibed::outcome r = run("swapped");
  EXPECT_EQ(r.violation, "");
  EXPECT_EQ(r.exitcode, 0) << r.output;
}

TEST_P(Ports, ARefusedProcessLeavesTheMask) {
  const std::uint32_t cls = darwin() ? 2U << 24 : 0;
  how.inject.push_back({cls + 66, 0, 1, 35});
  how.inject.push_back({cls + 2, 0, 1, 35});
  good("refusedfork", kSpare);
}

TEST_P(Ports, TheSeventhArgumentIsWhereItShouldBe) {
  if (darwin() || how.release.number >= 202204)
    GTEST_SKIP() << "no call here has seven";
  const std::string said = run("seventh").violation;
  EXPECT_NE(said.find("offset 777000"), std::string::npos) << said;
}

// ---- Errors ----

TEST_P(Ports, AnErrorAtEachCall) {
  const abibed::injections did = abibed::injecteach(program("abi"), how);
  for (const std::string& wrong : did.wrong) ADD_FAILURE() << wrong;
  printf("%d functions make %d calls: %d errors injected\n", did.functions,
         did.calls, did.runs);
  EXPECT_GT(did.runs, 200);
}

// ---- The scheduler ----

TEST_P(Ports, GoroutinesRun) {
  if (std::string(GetParam().arch) != "amd64")
    GTEST_SKIP() << "Boost.Context is here for amd64 alone";
  const abibed::outcome r = core({});
  EXPECT_GE(r.delivered, 3);
  EXPECT_EQ(r.output, "ok\n");
  EXPECT_GE(r.threads, 2);
}

// With no thread but the monitor's beside the first the run is as good, and says so.
TEST_P(Ports, GoroutinesRunWhereThreadsAreRefused) {
  if (std::string(GetParam().arch) != "amd64")
    GTEST_SKIP() << "Boost.Context is here for amd64 alone";
  how.inject.push_back({creation(run("one")).nr, 1, 1000, 35});
  const std::string said = core({"few"}).output;
  EXPECT_NE(said.find("failed to create new OS thread"), std::string::npos);
  EXPECT_TRUE(said.ends_with("\nok\n")) << said;
}

// The bed's own strictness: a call that the kernel does not have is no success.
TEST_P(Ports, TheBedSeesWhatIsNotThere) {
  abibed::outcome r = run("nocall");
  EXPECT_NE(r.violation.find("has none of that number"), std::string::npos)
      << r.violation;
}

constexpr port kPorts[] = {
    {"openbsd", "amd64", 201205, "5_1"}, {"openbsd", "amd64", 201211, "5_2"},
    {"openbsd", "amd64", 201405, "5_5"}, {"openbsd", "amd64", 201710, "6_2"},
    {"openbsd", "amd64", 202404, "7_5"}, {"openbsd", "386", 201205, "5_1"},
    {"openbsd", "386", 201211, "5_2"},   {"openbsd", "386", 201405, "5_5"},
    {"openbsd", "386", 201710, "6_2"},   {"openbsd", "386", 202404, "7_5"},
    {"darwin", "amd64", 12, "10_8"},     {"darwin", "amd64", 16, "10_12"},
    {"darwin", "amd64", 18, "10_14"},    {"darwin", "amd64", 20, "11"},
    {"darwin", "386", 12, "10_8"},       {"darwin", "386", 16, "10_12"},
    {"darwin", "386", 18, "10_14"},      {"openbsd", "arm64", 201710, "6_2"},
    {"openbsd", "arm64", 202105, "6_9"}, {"openbsd", "arm64", 202204, "7_1"},
    {"openbsd", "arm64", 202404, "7_5"}, {"darwin", "arm64", 20, "11"},
    {"darwin", "arm64", 23, "14"},
};

INSTANTIATE_TEST_SUITE_P(All, Ports, testing::ValuesIn(kPorts),
                         [](const auto& of) { return name(of.param); });

}  // namespace
