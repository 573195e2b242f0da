// runtime/diag/modules.cc - see modules.h.
#include "runtime/diag/modules.h"

#include <limits.h>

#include "runtime/os/libc.h"

namespace burrow::rt {
namespace {

struct module {
  std::uintptr_t low, high, bias;
  const char* name;
};

constexpr int kMax = 64;
module known[kMax];
int nknown = 0;
char exepath[PATH_MAX];
const char* exefile = nullptr;

bool learn(const loadedobject& o, void*) {
  if (nknown == kMax) return false;
  known[nknown++] = {o.low, o.high, o.bias, o.program ? "" : o.name};
  return true;
}

// The program itself has no name here.
codeplace placein(const char* name, std::uintptr_t offset) noexcept {
  if (name == nullptr || *name == 0) return {exepath, exefile, offset};
  return {name, name, offset};
}

}  // namespace

void modules_learn() noexcept {
  exefile = programpath(exepath, sizeof exepath);
  nknown = 0;
  eachobject(learn, nullptr);
}

bool moduleof(std::uintptr_t pc, codeplace& place) noexcept {
  const char* name = nullptr;
  std::uintptr_t bias = 0;
  if (objectat(pc, &name, &bias)) {
    place = placein(name, pc - bias);
    return true;
  }
  for (int i = 0; i < nknown; i++) {
    const module& m = known[i];
    if (pc < m.low || pc >= m.high) continue;
    place = placein(m.name, pc - m.bias);
    return true;
  }
  return false;
}

}  // namespace burrow::rt
