// tests/support/failure.h - failures of a program, in a child of its test.
//
// A test program with a table of failures runs itself as a child, with the name
// of one, and reads its stderr, whole, and its exit code.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <string_view>

#include "burrow/go.h"
#include "tests/support/subprocess.h"

// Not in burrow: what stands there is left out of traces.
namespace prog {

using failures = std::map<std::string_view, void (*)()>;

// test_main is the main function of such a program. A child calls setup, if
// there is one, and then its failure, as the main goroutine.
inline int test_main(int argc, char** argv, const failures& table,
                     void (*setup)() = nullptr) {
  if (argc == 3 && std::string_view(argv[1]) == "child") {
    const auto fail = table.at(argv[2]);
    if (setup != nullptr) setup();
    burrow::run([fail] { fail(); });
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace prog

namespace burrow::testsupport {

// self is the path of this program.
inline std::string self() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

// fail runs the failure of that name, with that BURROW_TRACEBACK.
inline child_result fail(const std::string& name, const std::string& level = "",
                         const std::string& path = self()) {
  child_options options;
  options.args = {"child", name};
  options.env = {{"BURROW_TRACEBACK", level}, {"BURROW_MAXPROCS", "2"}};
  return run_child(path, options);
}

inline std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

inline int count(const std::string& text, const std::string& part) {
  int n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at++) n++;
  return n;
}

inline bool matches(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex(pattern));
}

}  // namespace burrow::testsupport
