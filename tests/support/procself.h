// tests/support/procself.h - what a process holds, by /proc.
#pragma once

#include <dirent.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <string>

namespace burrow::testsupport {

inline long entries(const char* folder) {
  long n = 0;
  DIR* dir = ::opendir(folder);
  if (dir == nullptr) return -1;
  while (const dirent* e = ::readdir(dir)) n += e->d_name[0] != '.' ? 1 : 0;
  ::closedir(dir);
  return n;
}

// Not the one by which the folder itself is read.
inline long descriptors() { return entries("/proc/self/fd") - 1; }

inline long threads() { return entries("/proc/self/task"); }

// residentkb: of a process, or of this one, in 1024 bytes.
inline long residentkb(const std::string& pid = "self") {
  std::ifstream f("/proc/" + pid + "/status");
  std::string word;
  long kb = -1;
  while (f >> word)
    if (word == "VmRSS:") f >> kb;
  return kb;
}

// Of this process.
struct usage {
  long rsskib = 0, vmkib = 0, mappings = 0;
};

inline usage measure() {
  usage u;
  std::string word;
  for (std::ifstream status("/proc/self/status"); status >> word;) {
    if (word == "VmSize:") status >> u.vmkib;
    if (word == "VmRSS:") status >> u.rsskib;
  }
  std::string line;
  for (std::ifstream maps("/proc/self/maps"); std::getline(maps, line);)
    u.mappings++;
  return u;
}

// stateof is a process's state as ps shows it ('T': stopped); 0: there is none.
inline char stateof(int pid) {
  std::ifstream f("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(f, text);
  const std::size_t at = text.rfind(") ");
  return at == text.npos ? '\0' : text[at + 2];
}

// list_descriptors prints how many there are of each kind.
inline void list_descriptors() {
  std::map<std::string, int> kinds;
  for (int n = 0; n < 4096; ++n) {
    char text[64] = {};
    const std::string path = "/proc/self/fd/" + std::to_string(n);
    if (::readlink(path.c_str(), text, sizeof text - 1) > 0)
      kinds[std::string(text).substr(0, std::strcspn(text, "0123456789"))]++;
  }
  for (const auto& [name, n] : kinds)
    std::fprintf(stderr, "  %d %s\n", n, name.c_str());
}

}  // namespace burrow::testsupport
