// tests/symbolize_test.cc - names and lines of code addresses.
#include "runtime/diag/symbolize.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/diag/dwarf.h"
#include "runtime/diag/traceback.h"
#include "runtime/os/libc.h"
#include "tests/support/subprocess.h"

namespace rt = burrow::rt;

namespace prog {

// here returns the address it was called from. It has external linkage, so
// that its name is known even without debug information.
[[gnu::noinline]] std::uintptr_t here() {
  std::uintptr_t pc = 0;
  rt::capture_here(&pc, 1, 1);
  asm volatile("");
  return pc;
}

struct point {
  template <typename T>
  [[gnu::noinline]] static std::uintptr_t method(T) {
    const std::uintptr_t pc = here();
    asm volatile("");
    return pc;
  }
};

[[gnu::always_inline]] inline std::uintptr_t inner() { return here(); }
[[gnu::always_inline]] inline std::uintptr_t outer() { return inner(); }
[[gnu::noinline]] std::uintptr_t around() {
  const std::uintptr_t pc = outer();
  asm volatile("");
  return pc;
}

}  // namespace prog

namespace {

std::string self() { return std::filesystem::read_symlink("/proc/self/exe"); }

bool has_debug_info(const std::string& path) {
#ifdef BURROW_HAVE_LIBDW
  if (dlopen("libdw.so.1", RTLD_NOW) == nullptr) return false;
  return std::system(
             ("readelf -S " + path + " | grep -q debug_info").c_str()) == 0;
#else
  (void)path;
  return false;
#endif
}

TEST(Symbolize, NamesAFunctionAndItsPlace) {
  const std::uintptr_t pc = prog::point::method<std::string>("x");
  const std::vector<rt::frame> frames = rt::symbolize(pc);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_TRUE(std::filesystem::equivalent(frames[0].module, self()));
  EXPECT_GT(frames[0].moffset, 0u);
  EXPECT_FALSE(frames[0].inlined);
  if (frames[0].function.empty()) GTEST_SKIP() << "no symbols in this build";
  EXPECT_NE(
      frames[0].function.find("prog::point::method<std::string>(std::string)"),
      std::string::npos)
      << frames[0].function;
  EXPECT_GT(frames[0].foffset, 0u);
}

TEST(Symbolize, ListsInlinedCallsInnermostFirst) {
  if (!has_debug_info(self())) GTEST_SKIP() << "no debug information";
  const std::vector<rt::frame> frames = rt::symbolize(prog::around());
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].function, "prog::inner()");
  EXPECT_EQ(frames[1].function, "prog::outer()");
  EXPECT_EQ(frames[2].function, "prog::around()");
  EXPECT_TRUE(frames[0].inlined && frames[1].inlined && !frames[2].inlined);
  EXPECT_EQ(frames[1].line, frames[0].line + 1);
  EXPECT_EQ(frames[2].line, frames[0].line + 3);
  for (const rt::frame& f : frames)
    EXPECT_TRUE(f.file.starts_with('/') &&
                f.file.ends_with("/tests/symbolize_test.cc"))
        << f.file;
}

TEST(Symbolize, NamesLambdas) {
  if (!has_debug_info(self())) GTEST_SKIP() << "no debug information";
  const auto lambda = [](int) {
    const std::uintptr_t pc = prog::here();
    asm volatile("");
    return pc;
  };
  const std::vector<rt::frame> frames = rt::symbolize(lambda(1));
  ASSERT_FALSE(frames.empty());
  EXPECT_NE(frames[0].function.find("NamesLambdas"), std::string::npos)
      << frames[0].function;
  EXPECT_NE(frames[0].function.find("::operator()"), std::string::npos)
      << frames[0].function;
}

TEST(Symbolize, KnowsSharedLibraries) {
  void* abs_of_libc = dlsym(RTLD_DEFAULT, "abs");
  ASSERT_NE(abs_of_libc, nullptr);
  const auto start = reinterpret_cast<std::uintptr_t>(abs_of_libc);
  const std::vector<rt::frame> frames = rt::symbolize(start + 1);
  ASSERT_FALSE(frames.empty());
  const rt::frame& f = frames.back();
  EXPECT_TRUE(f.function == "abs") << f.function;
  EXPECT_NE(f.module.find("libc"), std::string::npos) << f.module;
  EXPECT_EQ(f.foffset, 1u);
}

// A library that is loaded after the first answer, and is unloaded again.
TEST(Symbolize, FollowsLoadingAndUnloading) {
  const std::uint64_t before = rt::loadedmodules();
  rt::symbolize(prog::around());
  void* lib = dlopen("libthread_db.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (lib == nullptr) GTEST_SKIP() << "no library at hand to load";
  EXPECT_GT(rt::loadedmodules(), before);
  void* symbol = dlsym(lib, "td_init");
  Dl_info info{};
  ASSERT_NE(dladdr(symbol, &info), 0);
  const auto start = reinterpret_cast<std::uintptr_t>(symbol);
  EXPECT_EQ(rt::symbolize(start + 1).back().module, info.dli_fname);
  dlclose(lib);
  const rt::frame again = rt::symbolize(prog::around()).back();
  EXPECT_TRUE(std::filesystem::equivalent(again.module, self()));
}

TEST(Symbolize, SurvivesAddressesThatAreNone) {
  const int onstack = 0;
  const auto onheap = std::make_unique<int>();
  for (const std::uintptr_t pc :
       {std::uintptr_t{0}, std::uintptr_t{1}, std::uintptr_t{0x1000},
        ~std::uintptr_t{0}, reinterpret_cast<std::uintptr_t>(&onstack),
        reinterpret_cast<std::uintptr_t>(onheap.get())}) {
    const std::vector<rt::frame> frames = rt::symbolize(pc);
    ASSERT_EQ(frames.size(), 1u) << pc;
    EXPECT_EQ(frames[0].function, "") << pc;
    EXPECT_EQ(frames[0].line, 0) << pc;
  }
}

TEST(Symbolize, SurvivesTheVdso) {
  const unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
  if (vdso == 0) GTEST_SKIP() << "no vDSO";
  EXPECT_EQ(rt::symbolize(vdso + 0x100).size(), 1u);
}

TEST(Symbolize, WorksOnManyThreadsAtOnce) {
  const std::uintptr_t pc = prog::around();
  const std::size_t expected = rt::symbolize(pc).size();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++)
    threads.emplace_back([pc, expected] {
      for (std::uintptr_t at = 0; at < 100; at++) {
        rt::symbolize(pc + at);
        EXPECT_EQ(rt::symbolize(pc).size(), expected);
      }
    });
  for (std::thread& t : threads) t.join();
}

TEST(Demangle, LeavesCNamesAlone) {
  EXPECT_EQ(rt::demangle_symbol("f"), "f");
  EXPECT_EQ(rt::demangle_symbol("main"), "main");
  EXPECT_EQ(rt::demangle_symbol("_Znot_a_name"), "_Znot_a_name");
  EXPECT_EQ(rt::demangle_symbol("_ZN4prog5innerEv"), "prog::inner()");
  EXPECT_EQ(rt::demangle_symbol("_ZN4prog5innerEv.constprop.0"),
            "prog::inner()");
  EXPECT_EQ(rt::demangle_type("f"), "float");
}

// A goroutine may have little stack when it fails: in a child, where nothing is
// loaded yet, the first lookup is made on a small one.
TEST(Symbolize, WantsLittleStack) {
  burrow::testsupport::child_options options;
  options.args = {"child", "smallstack"};
  EXPECT_EQ(burrow::testsupport::run_child(self(), options).exit_code, 0);
}

// A program without debug information, asked with a server configured: nobody
// knocks at that server.
TEST(Symbolize, AsksNoServer) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(server, generic, size), 0);
  ASSERT_EQ(listen(server, 8), 0);
  ASSERT_EQ(getsockname(server, generic, &size), 0);

  const std::string copy = testing::TempDir() + "symbolize_test_stripped." +
                           std::to_string(getpid());
  ASSERT_EQ(std::system(("strip -s -o " + copy + " " + self()).c_str()), 0);
  burrow::testsupport::child_options options;
  options.args = {"child", "lookup"};
  options.env = {
      {"DEBUGINFOD_URLS",
       "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port))},
      {"DEBUGINFOD_CACHE_PATH", copy + ".cache"},
      {"DEBUGINFOD_TIMEOUT", "1"}};
  const auto result = burrow::testsupport::run_child(copy, options);
  std::filesystem::remove(copy);
  std::filesystem::remove_all(copy + ".cache");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(accept(server, nullptr, nullptr), -1);
  EXPECT_EQ(errno, EAGAIN);
  close(server);
}

}  // namespace

// lookup finds the caller. Returns whether there was an answer, in frames.
static bool lookup() { return !rt::symbolize(prog::around()).empty(); }

static bool smallstack() {
  bool found = false;
  const auto start = [](void* out) -> void* {
    *static_cast<bool*>(out) = lookup();
    return nullptr;
  };
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 32 * 1024);
  pthread_t thread;
  if (pthread_create(&thread, &attr, start, &found) != 0) return false;
  pthread_join(thread, nullptr);
  return found;
}

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "child")
    return (std::string_view(argv[2]) == "lookup" ? lookup() : smallstack())
               ? 0
               : 1;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
