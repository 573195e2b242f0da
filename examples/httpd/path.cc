// examples/httpd/path.cc - see path.h.

#include "examples/httpd/path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace httpd {

namespace {

int hex(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> decode_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  bool part_begins = true;
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '%') {
      if (i + 2 >= path.size()) return std::nullopt;
      const int high = hex(path[i + 1]), low = hex(path[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0' || (c == '.' && part_begins)) return std::nullopt;
    if (c == '/' && part_begins) continue;  // "//" is "/"
    part_begins = c == '/';
    out.push_back(c);
  }
  return out;
}

int open_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) throw std::system_error(errno, std::system_category(), path);
  const int probe = open_below(folder, ".");
  if (probe >= 0) {
    ::close(probe);
  } else if (probe == -ENOSYS) {
    ::close(folder);
    throw std::system_error(ENOSYS, std::system_category(), "openat2");
  }
  return folder;
}

int open_below(int folder, const std::string& path) noexcept {
  open_how how{};
  // A pipe without a writer is opened all the same, and refused afterwards.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int tries = 0;; ++tries) {
    const long n =
        ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    if (n >= 0) return static_cast<int>(n);
    // EAGAIN: something was renamed meanwhile, and ".." was on the way.
    if ((errno != EINTR && errno != EAGAIN) || tries == 10) return -errno;
  }
}

}  // namespace httpd
