// runtime/exec/environment.h - a child's environment.
#pragma once

#include <optional>
#include <string>
#include <vector>

extern "C" char** environ;  // as POSIX has it: by no header

namespace burrow::exec {

// environment returns the variables of a child: those given, or else ours with PWD
// for the folder it is to stand in. Of two with one name the last holds. None: ours,
// as they are.
std::optional<std::vector<std::string>> environment(
    const std::optional<std::vector<std::string>>& given,
    const std::string& folder);

}  // namespace burrow::exec
