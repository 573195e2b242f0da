// tests/support/subprocess.h - runs a program as a child and catches its end.
//
// For what a test cannot do in its own process: crash, deadlock, exit, read the
// environment of a run. Programs are found beside the test that asks for them,
// so a test runs by hand as well as under `meson test`.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/emulator.h"

namespace burrow::testsupport {

struct child_options {
  std::vector<std::string> args;  // without the program's own name
  // Added to the test's own environment, in place of variables so named.
  std::vector<std::pair<std::string, std::string>> env;
  std::string input{};                // its standard input
  std::chrono::seconds timeout{120};  // then it is killed
};

struct child_result {
  int exit_code = -1;  // -1: it did not exit by itself
  int signal = 0;      // the signal that killed it, or 0
  bool timed_out = false;
  std::string out, err;  // its standard output and error, whole
};

// run_child runs the program at path and waits for its end.
//
// Context  any thread but a goroutine's: it blocks. SKIP_WITHOUT_PROGRAMS before.
// Errors   std::system_error if the program cannot be started.
child_result run_child(const std::string& path, const child_options& = {});

// prog_path is where the program of tests/progs/<name>.cc stands.
std::string prog_path(std::string_view name);

// run_prog runs it.
child_result run_prog(std::string_view name, const child_options& = {});

// example_path is where the program of examples/<name>.cc stands.
std::string example_path(std::string_view name);

// run_example runs it.
child_result run_example(std::string_view name, const child_options& = {});

}  // namespace burrow::testsupport
