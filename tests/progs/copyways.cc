// tests/progs/copyways.cc - copies between descriptors of all kinds, while the
// kernel refuses some system calls.
//
//   copyways ERRNO CALL...    the named calls fail with that number; of those that
//                             read and write, if they are for 16 KiB and more
//
// Prints "ok" if all was copied, whole. So one sees that copy does without splice,
// sendfile and copy_file_range, and, where these work, without read and write. Not
// so from a pipe or a local socket to TCP, where the buffer is the better way: these
// are left out if read is refused.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "burrow/burrow.h"
#include "tests/support/copytest.h"

namespace {

using namespace burrow;
using testsupport::bytes;
using testsupport::connected;

constexpr std::size_t kSmall = 4096, kLarge = 16 << 10, kBytes = 300'000;

struct named {
  std::string_view name;
  std::uint32_t number;
  bool sized;  // by its third argument
} constexpr kCalls[] = {{"splice", SYS_splice, false},
                        {"sendfile", SYS_sendfile, false},
                        {"copy_file_range", SYS_copy_file_range, false},
                        {"read", SYS_read, true},
                        {"recvfrom", SYS_recvfrom, true},
                        {"write", SYS_write, true},
                        {"sendto", SYS_sendto, true}};

// For this thread and all that it makes.
bool refuse(int error, const std::vector<std::string_view>& names) {
  constexpr std::uint32_t kNumber = offsetof(seccomp_data, nr),
                          kThird = offsetof(seccomp_data, args[2]);
  const auto fails = static_cast<std::uint32_t>(SECCOMP_RET_ERRNO | error);
  std::vector<sock_filter> f;
  for (const named& c : kCalls) {
    if (std::find(names.begin(), names.end(), c.name) == names.end()) continue;
    f.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber));
    f.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, c.number, 0,
                         static_cast<std::uint8_t>(c.sized ? 3 : 1)));
    if (c.sized) {
      f.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kThird));
      f.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kLarge, 0, 1));
    }
    f.push_back(BPF_STMT(BPF_RET | BPF_K, fails));
  }
  f.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(f.size()), f.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

void feed(fd& f, std::string_view text) {
  for (; !text.empty(); text.remove_prefix(std::min(kSmall, text.size())))
    f.write(bytes(text.substr(0, kSmall)));
}

std::string drained(fd& f) {
  std::string s;
  std::array<std::byte, kSmall> room{};
  while (const std::size_t n = f.read(room))
    s.append(reinterpret_cast<const char*>(room.data()), n);
  return s;
}

int failures = 0;

void onepair(const std::string& from, const std::string& to) {
  const std::string text = testsupport::pattern(kBytes);
  auto [in, feeder] = connected(from);
  auto [drain, out] = connected(to);
  if (from == "file") feed(feeder, text);
  wait_group wg;
  if (from != "file")
    wg.go([&feeder = feeder, &text] {
      feed(feeder, text);
      feeder.close();
    });
  std::string got;
  if (to != "file") wg.go([&, &drain = drain] { got = drained(drain); });
  std::error_code ec;
  const std::uint64_t n = copy(out, in, ec);
  out.close();
  wg.wait();
  if (to == "file") got = drained(drain);
  if (!ec && n == kBytes && got == text) return;
  std::printf("%s to %s: %ld bytes, %s\n", from.c_str(), to.c_str(),
              static_cast<long>(n), ec.message().c_str());
  failures++;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (!refuse(std::atoi(argv[1]), {argv + 2, argv + argc})) {
    std::perror("no filter");
    return 3;
  }
  const bool nobuffer =
      std::find(argv + 2, argv + argc, std::string_view("read")) != argv + argc;
  run([=] {
    const auto bybuffer = [](std::string_view from, std::string_view to) {
      return (from == "pipe" || from == "unix") && to == "tcp";
    };
    for (const char* from : {"file", "pipe", "tcp", "unix", "given pipe"})
      for (const char* to : {"file", "pipe", "tcp", "unix", "given pipe"})
        if (!nobuffer || !bybuffer(from, to)) onepair(from, to);
  });
  if (failures == 0) std::puts("ok");
  return failures == 0 ? 0 : 1;
}
