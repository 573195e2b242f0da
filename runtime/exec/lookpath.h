// runtime/exec/lookpath.h - where a program is.
#pragma once

#include <string>

namespace burrow::exec {

// lookpath returns the first executable file of that name in PATH; a name with a
// slash is itself. Errors  std::system_error, "exec NAME: look up": ENOENT,
// EACCES.
std::string lookpath(const std::string& name);

}  // namespace burrow::exec
