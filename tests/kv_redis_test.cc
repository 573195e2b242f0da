// tests/kv_redis_test.cc - the program kv with redis' own clients, and beside the
// real server. What is not installed (Debian: redis-tools) is skipped.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "burrow/burrow.h"
#include "tests/support/iotest.h"
#include "tests/support/kvtest.h"
#include "tests/support/subprocess.h"
#include "tests/support/tempfolder.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using testsupport::put;
using testsupport::request;

bool installed(const std::string& program) {
  for (const char* folder : {"/usr/bin/", "/usr/local/bin/"})
    if (::access((folder + program).c_str(), X_OK) == 0) return true;
  return false;
}

#define NEED(program) \
  if (!installed(program)) GTEST_SKIP() << program << " is not installed"

class KvRedis : public testing::TestWithParam<int> {
 protected:
  // in_run runs f(address of a kv with GetParam() ps) as the main goroutine, and
  // ends the server as its user would.
  template <class F>
  void in_run(F f) {
    ::setenv("BURROW_MAXPROCS", std::to_string(GetParam()).c_str(), 1);
    EXPECT_EQ(
        burrow::run([&] {
          exec::command kv{testsupport::example_path("kv/kv"), "127.0.0.1:0"};
          fd err;
          f(testsupport::startserver(kv, err));
          kv.kill(SIGTERM);
          EXPECT_EQ(kv.wait().exit_code, 0);
          EXPECT_EQ(testsupport::all(err), "");
          return 0;
        }),
        0);
    ::unsetenv("BURROW_MAXPROCS");
  }
};

std::string port_of(const std::string& where) {
  return where.substr(where.rfind(':') + 1);
}

TEST_P(KvRedis, CliGetsItsAnswers) {
  NEED("redis-cli");
  in_run([](const std::string& where) {
    const auto cli = [&](std::vector<std::string> words) {
      std::vector<std::string> argv{"redis-cli", "-p", port_of(where)};
      argv.insert(argv.end(), words.begin(), words.end());
      return exec::command(argv).output();
    };
    EXPECT_EQ(cli({"ping"}), "PONG\n");
    EXPECT_EQ(cli({"set", "k", "two words", "ex", "100"}), "OK\n");
    EXPECT_EQ(cli({"get", "k"}), "two words\n");
    EXPECT_GT(std::stoi(cli({"ttl", "k"})), 50);
    EXPECT_EQ(cli({"-r", "3", "incr", "n"}), "1\n2\n3\n");
    EXPECT_EQ(cli({"mget", "n", "none"}), "3\n\n");
    EXPECT_NE(cli({"info"}).find("db0:keys=2,expires=1"), std::string::npos);
    EXPECT_NE(cli({"command"}).find("mget"), std::string::npos);
    EXPECT_TRUE(cli({"-3", "ping"}).ends_with("PONG\n"));
  });
}

TEST_P(KvRedis, BenchmarkRuns) {
  NEED("redis-benchmark");
  in_run([](const std::string& where) {
    for (const char* depth : {"1", "16"}) {
      exec::command b{"redis-benchmark",
                      "-p",
                      port_of(where),
                      "-n",
                      "2000",
                      "-P",
                      depth,
                      "-r",
                      "100",
                      "--csv",
                      "-t",
                      "ping,set,get,incr,mset"};
      const std::string out = b.output();
      EXPECT_TRUE(b.state().success());
      for (const char* row : {"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR",
                              "MSET (10 keys)"})
        EXPECT_NE(out.find("\"" + std::string(row) + "\",\""),
                  std::string::npos)
            << out;
    }
  });
}

// twin sends to both servers, and says what each answers.
class twin {
 public:
  twin(const std::string& ours, const std::string& real)
      : ours_(net::dial("tcp", ours)), real_(net::dial("unix", real)) {}

  // As many answers have come as requests have been sent when the last one, an
  // ECHO of a word that is new, has come.
  void same(const std::string& sent) {
    const std::string mark = "mark" + std::to_string(++marks_);
    const std::string all = sent + request({"ECHO", mark});
    const std::string end =
        "$" + std::to_string(mark.size()) + "\r\n" + mark + "\r\n";
    EXPECT_EQ(upto(ours_, all, end), upto(real_, all, end)) << sent;
  }

 private:
  static std::string upto(net::conn& c, const std::string& all,
                          const std::string& end) {
    put(c, all);
    std::string got;
    std::byte room[4096];
    while (!got.ends_with(end)) {
      std::error_code ec;
      const std::size_t n = c.read(room, ec);
      if (n == 0) return got + "<end>";
      got.append(reinterpret_cast<const char*>(room), n);
    }
    return got;
  }

  net::conn ours_, real_;
  int marks_ = 0;
};

// A random request about few keys, so that they meet; wrong ones among them. Not
// TTL: its answer depends on when each server is asked.
std::string any_request(std::mt19937& random) {
  const auto of = [&](std::vector<std::string> list) {
    return list[random() % list.size()];
  };
  const auto key = [&] { return of({"a", "b", "c", "d"}); };
  const auto value = [&] {
    return of({"", "0", "1", "-1", "007", "+1", " 1", "1.5", "x\r\ny", "abc",
               "9223372036854775807", "-9223372036854775808", "1000000"});
  };
  // No two alike: whether GT holds of the same would be a matter of a millisecond.
  const auto seconds = [&] {
    return std::to_string(1000 + random() % 1'000'000'000);
  };
  switch (random() % 16) {
    case 0:
      return request({"GET", key()});
    case 1:
      return request({"SET", key(), value()});
    case 2:
      return request({"SET", key(), value(), of({"NX", "xx", "GET", "no"}),
                      of({"GET", "KEEPTTL", "NX"})});
    case 3:
      return request(
          {"set", key(), value(), of({"EX", "px", "KEEPTTL"}),
           of({seconds(), "0", "-1", "abc", "", "9223372036854775807"})});
    case 4:
      return request({of({"INCR", "decr"}), key()});
    case 5:
      return request({of({"INCRBY", "DECRBY"}), key(), value()});
    case 6:
      return request({"DEL", key(), key()});
    case 7:
      return request({"EXISTS", key(), key(), key()});
    case 8:
      return request({"MGET", key(), key(), "none"});
    case 9:
      return request({"MSET", key(), value(), key(), value()});
    case 10:
      return request({"EXPIRE", key(), of({seconds(), "-1", "0", "x"})});
    case 11:
      return request(
          {"EXPIRE", key(), seconds(), of({"NX", "XX", "GT", "LT", "no"})});
    case 12:
      return request({of({"EXISTS", "PERSIST"}), key()});
    case 13:
      return request({of({"DBSIZE", "get", "ECHO", "frob", "", "PING"})});
    case 14:
      return request({of({"get", "mset", "decrby", "nope", "flushall"}), key(),
                      value(), value()});
    default:
      return of({"PING\r\n", "get a\r\n", "\r\n", "set a 'b c'\n",
                 "frob \"\\x41\\n\"\r\n", "*0\r\n", "*-1\r\n"});
  }
}

// real_server returns the path of one, perhaps a name in that folder: redis' programs
// are one, which goes by the name that it is called by, and Debian's redis-tools has
// it without the service. "": there is none.
std::string real_server(const testsupport::temp_folder& folder) {
  if (installed("redis-server")) return "redis-server";
  constexpr const char* kSame = "/usr/bin/redis-check-rdb";
  if (::access(kSame, X_OK) != 0) return "";
  const std::filesystem::path path = folder.path() / "redis-server";
  std::filesystem::create_symlink(kSame, path);
  return path.string();
}

TEST_P(KvRedis, AnswersEqualTheRealServers) {
  const testsupport::temp_folder folder;
  const std::string server = real_server(folder);
  if (server.empty()) GTEST_SKIP() << "redis-server is not installed";
  in_run([&](const std::string& where) {
    const std::filesystem::path path = folder.path() / "socket";
    exec::command redis{server,
                        "--port",
                        "0",
                        "--save",
                        "",
                        "--appendonly",
                        "no",
                        "--unixsocket",
                        path.string(),
                        "--dir",
                        folder.path().string()};
    redis.start();
    std::error_code ec;
    for (int i = 0; i < 1000 && (i == 0 || ec); ++i) {
      net::dial("unix", path.string(), ec);
      if (ec) sleep_for(10ms);
    }
    if (!ec) {
      twin t(where, path.string());
      const auto seed = std::random_device()();
      std::mt19937 random(seed);
      for (int i = 0; i < 1000 && !testing::Test::HasFailure(); ++i) {
        std::string sent;
        for (unsigned n = random() % 8; n <= 8; ++n)
          sent += any_request(random);
        t.same(sent);
        if (testing::Test::HasFailure()) ADD_FAILURE() << "seed " << seed;
      }
    } else {
      ADD_FAILURE() << "redis-server did not start: " << ec.message();
    }
    redis.kill(SIGKILL);
    redis.wait();
  });
}

INSTANTIATE_TEST_SUITE_P(, KvRedis, testing::Values(1, 2, 8));

}  // namespace
}  // namespace burrow
