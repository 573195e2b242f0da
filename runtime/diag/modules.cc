// runtime/diag/modules.cc - see modules.h.
#include "runtime/diag/modules.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <unistd.h>

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

int learn(dl_phdr_info* info, std::size_t, void*) {
  if (nknown == kMax) return 1;
  module& m = known[nknown];
  m = {~std::uintptr_t{0}, 0, info->dlpi_addr, info->dlpi_name};
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)& ph = info->dlpi_phdr[i];
    if (ph.p_type != PT_LOAD) continue;
    const std::uintptr_t at = info->dlpi_addr + ph.p_vaddr;
    if (at < m.low) m.low = at;
    if (at + ph.p_memsz > m.high) m.high = at + ph.p_memsz;
  }
  nknown++;
  return 0;
}

// The program itself has no name in the loader's lists; by its link it is found
// even when its path was replaced.
codeplace placein(const char* name, std::uintptr_t offset) noexcept {
  if (name == nullptr || *name == 0) return {exepath, "/proc/self/exe", offset};
  return {name, name, offset};
}

}  // namespace

void modules_learn() noexcept {
  const ssize_t n = readlink("/proc/self/exe", exepath, sizeof exepath - 1);
  exepath[n > 0 ? n : 0] = 0;
  nknown = 0;
  dl_iterate_phdr(learn, nullptr);
}

bool moduleof(std::uintptr_t pc, codeplace& place) noexcept {
#if defined(DLFO_STRUCT_HAS_EH_DBASE)
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void*>(pc), &found) == 0) {
    const link_map* map = found.dlfo_link_map;
    place = placein(map->l_name, pc - map->l_addr);
    return true;
  }
#endif
  for (int i = 0; i < nknown; i++) {
    const module& m = known[i];
    if (pc < m.low || pc >= m.high) continue;
    place = placein(m.name, pc - m.bias);
    return true;
  }
  return false;
}

}  // namespace burrow::rt
