// sys/linux/cgroup.cc - the CPU limit set by control groups (version 2).
//
// /proc/self/cgroup has a line "0::<path>": the process's group in the one
// hierarchy of version 2, as a path below the root folder. Each group may limit
// itself in its file cpu.max: "<quota> <period>" in microseconds, or "max" for
// the quota. A limit binds all groups below, so the least of the own and every
// ancestor's counts. The root folder is read too: inside a container it is the
// container's group, and the path may name folders that are not there.
#include <cstddef>
#include <cstdint>

#include "sys/linux/file.h"
#include "sys/os.h"

namespace burrow::sys {

namespace {

constexpr std::size_t kPathBytes = 4096;
constexpr char kLimitFile[] = "/cpu.max";

// pathbuf is a path that grows and shrinks at its end.
struct pathbuf {
  char text[kPathBytes + sizeof kLimitFile];
  std::size_t n = 0;

  bool append(const char* s) noexcept {
    while (*s != 0)
      if (!append(*s++)) return false;
    return true;
  }
  bool append(char c) noexcept {
    if (n == kPathBytes) return false;
    text[n++] = c;
    return true;
  }
  // with ends the text with s for the moment.
  const char* with(const char* s) noexcept {
    std::size_t i = n;
    do text[i++] = *s;
    while (*s++ != 0);
    return text;
  }
};

// number reads decimal digits; *c is the byte after them. -1: there are none, or
// the number has more than 15 digits.
std::int64_t number(infile& in, int* c) noexcept {
  std::int64_t value = -1;
  for (*c = in.get(); *c >= '0' && *c <= '9'; *c = in.get()) {
    if (value >= 100'000'000'000'000) return -1;
    value = (value < 0 ? 0 : value * 10) + (*c - '0');
  }
  return value;
}

// limitof returns what the cpu.max at path grants in thousandths of a
// processor; 0 for no limit, no such file, and a file that makes no sense.
std::int64_t limitof(const char* path) noexcept {
  infile in(path);
  int c;
  const std::int64_t quota = number(in, &c);
  if (quota < 0 || c != ' ') return 0;
  const std::int64_t period = number(in, &c);
  if (period <= 0 || (c != '\n' && c != -1)) return 0;
  const std::int64_t limit = quota * 1000 / period;
  return limit > 0 ? limit : 1;
}

// climbs says whether a path has a component "..".
bool climbs(const char* path) noexcept {
  for (const char* p = path; *p != 0; p++)
    if (p[0] == '/' && p[1] == '.' && p[2] == '.' && (p[3] == '/' || p[3] == 0))
      return true;
  return false;
}

// appendgroup appends the path of the line "0::<path>" of the file self.
// Returns  false if there is none, or it lies outside of the root folder, as
//          does the group of a process that entered a container from outside.
bool appendgroup(pathbuf& path, const char* self) noexcept {
  infile in(self);
  const char* expect = "0::/";
  int c = in.get();
  while (c != -1 && *expect != 0) {
    if (c == *expect) {
      expect++;
    } else {
      while (c != '\n' && c != -1) c = in.get();
      expect = "0::/";
    }
    c = in.get();
  }
  const std::size_t start = path.n;
  if (*expect != 0 || !path.append('/')) return false;
  for (; c != '\n' && c != -1; c = in.get())
    if (!path.append(static_cast<char>(c))) return false;
  return !climbs(path.with("") + start);
}

}  // namespace

std::int64_t cpuquota(const char* root, const char* self) noexcept {
  pathbuf path;
  if (!path.append(root)) return 0;
  const std::size_t rootlen = path.n;
  if (!appendgroup(path, self)) path.n = rootlen;
  std::int64_t least = 0;
  for (;;) {
    const std::int64_t limit = limitof(path.with(kLimitFile));
    if (limit > 0 && (least == 0 || limit < least)) least = limit;
    if (path.n <= rootlen) return least;
    while (path.n > rootlen && path.text[--path.n] != '/') {
    }
  }
}

std::int64_t cpuquota() noexcept {
  return cpuquota("/sys/fs/cgroup", "/proc/self/cgroup");
}

}  // namespace burrow::sys
