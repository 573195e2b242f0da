// runtime/exec/lookpath.cc - searching PATH.
//
// As Go has it since 1.19: a folder of PATH that is not absolute is passed over,
// so that a program is not found where the user happens to stand.

#include "runtime/exec/lookpath.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace burrow::exec {

namespace {

bool isfile(const std::string& path) noexcept {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode);
}

}  // namespace

std::string lookpath(const std::string& name) {
  if (name.find('/') != name.npos) return name;
  int err = ENOENT;
  const char* const path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!name.empty() && !rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string folder(rest.substr(0, colon));
    rest = colon == rest.npos ? "" : rest.substr(colon + 1);
    if (folder.empty() || folder.front() != '/') continue;
    const std::string file = folder + "/" + name;
    if (!isfile(file)) continue;
    if (::access(file.c_str(), X_OK) == 0) return file;
    err = EACCES;
  }
  throw std::system_error(err, std::system_category(),
                          "exec " + name + ": look up");
}

}  // namespace burrow::exec
