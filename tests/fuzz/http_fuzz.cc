// tests/fuzz/http_fuzz.cc - the example httpd's requests and answers, without a
// socket.
//
// The first byte of an input says how the rest, what a client sends, comes in: its
// bits 2 to 7 the lengths of the pieces (0: all at once), bit 0 whether the client
// falls silent or hangs up, bit 1 whether it is on this machine.
//
// What has to hold: nothing is written after linger(); a file that a link leads to
// outside the folder never shows; answers begin as answers do; and how the bytes
// are cut into pieces changes no answer but those of /echo and /debug, whose own
// pieces follow.
//
// With libFuzzer this is all of the program; else replay.cc has main().

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "examples/httpd/connection.h"
#include "examples/httpd/path.h"

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSecret = "this is outside of the folder";

void check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "http_fuzz: %s\n", what);
  std::abort();
}

class memory_stream final : public httpd::stream {
 public:
  memory_stream(std::uint8_t mode, std::string_view input)
      : mode_(mode), seed_(mode), input_(input) {}

  httpd::io read(const httpd::room_source& room, const httpd::patience&,
                 std::size_t& n) override {
    check(!lingers_, "a read after linger");
    if (input_.empty())
      return (mode_ & 1) != 0 ? httpd::io::timeout : httpd::io::end;
    const std::span<char> to = room();
    check(!to.empty(), "a read of nothing");
    n = input_.copy(to.data(), std::min(to.size(), piece()));
    input_.remove_prefix(n);
    return httpd::io::ok;
  }
  httpd::io write(std::string_view from) override {
    check(!lingers_, "a write after linger");
    output_ += from;
    return httpd::io::ok;
  }
  httpd::io send_file(burrow::fd& file, std::uint64_t offset,
                      std::uint64_t n) override {
    std::string text(n, '\0');
    const ssize_t got =
        pread(file.get(), text.data(), n, static_cast<off_t>(offset));
    check(got == static_cast<ssize_t>(n), "a file shorter than it was said");
    return write(text);
  }
  void linger() override { lingers_ = true; }
  bool stopping() const override { return false; }
  bool local() const override { return (mode_ & 2) != 0; }

  const std::string& output() const { return output_; }

 private:
  std::size_t piece() {
    const unsigned most = mode_ >> 2;
    if (most == 0) return SIZE_MAX;
    seed_ = seed_ * 1103515245 + 12345;
    return 1 + (seed_ >> 16) % most;
  }

  const std::uint8_t mode_;
  std::uint32_t seed_;
  std::string_view input_;
  std::string output_;
  bool lingers_ = false;
};

// opened opens it. An emulator may have no openat2, which the server wants.
int opened(const fs::path& folder) {
  try {
    return httpd::open_folder(folder);
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::function_not_supported) throw;
    std::printf("skipped: %s\n", e.what());
    std::exit(77);
  }
}

// folder makes a small one, once for each process.
int folder() {
  static const int is = [] {
    std::string name = (fs::temp_directory_path() / "http_fuzzXXXXXX").string();
    check(mkdtemp(name.data()) != nullptr, "mkdtemp");
    const fs::path at = name;
    fs::create_directories(at / "www/sub");
    std::ofstream(at / "secret") << kSecret;
    std::ofstream(at / "www/index.html") << "<p>index\n";
    std::ofstream(at / "www/a.txt") << std::string(300, 'a');
    std::ofstream(at / "www/empty") << "";
    fs::create_symlink("../secret", at / "www/link");
    fs::create_symlink("..", at / "www/up");
    fs::create_symlink("../a.txt", at / "www/sub/inside");
    // Nobody asks for what is outside: the kernel keeps what is open.
    static fs::path whole;
    whole = at;
    std::atexit([] { fs::remove_all(whole); });
    return opened(at / "www");
  }();
  return is;
}

// answers is what comes back, but for its dates.
std::string answers(std::uint8_t mode, std::string_view input) {
  memory_stream s(mode, input);
  httpd::limits l;
  l.body = 2000;
  httpd::counters c;
  httpd::site here;
  here.folder = folder();
  httpd::connection(s, here, l, c).serve();
  std::string out = s.output();
  for (std::size_t at; (at = out.find("\r\nDate: ")) != out.npos;)
    out.erase(at, out.find("\r\n", at + 2) - at);
  check(out.empty() || out.starts_with("HTTP/1.1 "), "no answer");
  check(out.find(kSecret) == out.npos, "what is outside has been sent");
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1,
                               size - 1);
  const std::string in_pieces = answers(data[0], input);
  if (input.find("echo") != input.npos || input.find("debug") != input.npos)
    return 0;
  check(answers(data[0] & 3, input) == in_pieces,
        "the answer depends on how the request came in");
  return 0;
}
