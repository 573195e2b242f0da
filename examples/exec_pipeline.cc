// exec_pipeline - programs joined by pipes, as a shell does it.
//
// Shows   exec::command, pipe, output
// Run     ./examples/exec_pipeline [FILE]      default: its own text
// Output  the ten most frequent words of the file, as
//         cat FILE | tr -cs A-Za-z '\n' | sort | uniq -c | sort -rn | head
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "burrow/burrow.h"

namespace {

using burrow::exec::command;

constexpr const char* kText =
    "the gopher digs a burrow and the burrow has a door and the door is open";

// chain connects each command's output to the next one's input, starts them all
// and returns what the last one writes.
std::string chain(std::vector<command>& commands) {
  for (std::size_t i = 0; i + 1 < commands.size(); ++i) {
    auto [in, out] = burrow::pipe();
    commands[i].out = std::move(out);
    commands[i + 1].in = std::move(in);
    commands[i].start();
  }
  std::string text = commands.back().output();
  for (std::size_t i = 0; i + 1 < commands.size(); ++i) commands[i].wait();
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  return burrow::run([=] {
    std::vector<command> c;
    if (argc > 1) {
      c.push_back(command{"cat", argv[1]});
    } else {
      c.push_back(command{"echo", kText});
    }
    c.push_back(command{"tr", "-cs", "A-Za-z", "\n"});
    c.push_back(command{"sort"});
    c.push_back(command{"uniq", "-c"});
    c.push_back(command{"sort", "-k1,1rn", "-k2"});
    c.push_back(command{"head"});
    std::fputs(chain(c).c_str(), stdout);
  });
}
