// tests/copy_ways_test.cc - copy where the system refuses some calls.

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/subprocess.h"

namespace burrow {
namespace {

class CopyWays : public testing::TestWithParam<const char*> {
 protected:
  void refusing(int error, std::vector<std::string> calls) {
    calls.insert(calls.begin(), std::to_string(error));
    testsupport::child_options o;
    o.args = calls;
    o.env = {{"BURROW_MAXPROCS", GetParam()}};
    const auto r = testsupport::run_prog("copyways", o);
    if (r.exit_code == 3) GTEST_SKIP() << r.err;
    EXPECT_EQ(r.out, "ok\n") << r.err;
    EXPECT_EQ(r.exit_code, 0);
  }
};

TEST_P(CopyWays, WithoutThemTheBufferDoes) {
  for (const int error : {ENOSYS, EINVAL, EPERM, EOPNOTSUPP})
    refusing(error, {"splice", "sendfile", "copy_file_range"});
  refusing(EINVAL, {"splice"});
  refusing(EXDEV, {"copy_file_range"});
  refusing(EINVAL, {"sendfile"});
}

// The proof that they are what is used: read and write of the buffer's size fail.
TEST_P(CopyWays, WithThemTheBufferIsNotNeeded) {
  refusing(EACCES, {"read", "recvfrom", "write", "sendto"});
}

INSTANTIATE_TEST_SUITE_P(, CopyWays, testing::Values("1", "2", "8"));

}  // namespace
}  // namespace burrow
