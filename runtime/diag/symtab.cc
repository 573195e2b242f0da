// runtime/diag/symtab.cc - see symtab.h.
//
// A file may be broken, or not the one that was loaded: nothing outside of it is
// read, and a wrong name is the worst.
#include "runtime/diag/symtab.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <initializer_list>

#if !defined(ElfW)  // OpenBSD's names
#define ElfW(type) Elf_##type
#endif

namespace burrow::rt {
namespace {

struct image {
  const char* file = nullptr;  // as it was asked for
  const char* at = nullptr;    // null: it cannot be read
  std::size_t bytes = 0;

  // The table of n Ts at that offset; null if it does not lie in the file.
  template <typename T>
  const T* table(std::size_t offset, std::size_t n) const noexcept {
    if (offset > bytes || n > (bytes - offset) / sizeof(T)) return nullptr;
    if (offset % alignof(T) != 0) return nullptr;
    return reinterpret_cast<const T*>(at + offset);
  }
};

constexpr int kMax = 32;
image images[kMax];
int nimages = 0;

image map(const char* file) noexcept {
  image i{file, nullptr, 0};
  const int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return i;
  struct stat st;
  if (fstat(fd, &st) == 0 && st.st_size > 0) {
    const auto bytes = static_cast<std::size_t>(st.st_size);
    void* at = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at != MAP_FAILED) i = {file, static_cast<const char*>(at), bytes};
  }
  close(fd);
  return i;
}

const image* mapped(const char* file) noexcept {
  for (int i = 0; i < nimages; i++)
    if (images[i].file == file) return &images[i];
  if (nimages == kMax) return nullptr;
  images[nimages] = map(file);
  return &images[nimages++];
}

const char* nameof(const image& i, const ElfW(Shdr) & strings,
                   std::size_t offset) noexcept {
  const char* all = i.table<char>(strings.sh_offset, strings.sh_size);
  if (all == nullptr || offset >= strings.sh_size || all[offset] == 0 ||
      std::memchr(all + offset, 0, strings.sh_size - offset) == nullptr)
    return nullptr;
  return all + offset;
}

// Looks for a function at `address` in the table of symbols s.
const char* findin(const image& i, const ElfW(Shdr) & s,
                   const ElfW(Shdr) & strings,
                   std::uintptr_t address) noexcept {
  const std::size_t n = s.sh_size / sizeof(ElfW(Sym));
  const auto* symbols = i.table<ElfW(Sym)>(s.sh_offset, n);
  for (std::size_t k = 0; symbols != nullptr && k < n; k++) {
    const ElfW(Sym)& f = symbols[k];
    constexpr int kTypes = 0xf;
    if ((f.st_info & kTypes) == STT_FUNC && f.st_shndx != SHN_UNDEF &&
        address >= f.st_value && address - f.st_value < f.st_size)
      return nameof(i, strings, f.st_name);
  }
  return nullptr;
}

}  // namespace

const char* symtabname(const char* file, std::uintptr_t address) noexcept {
  const image* i = mapped(file);
  if (i == nullptr || i->at == nullptr) return nullptr;
  const auto* head = i->table<ElfW(Ehdr)>(0, 1);
  if (head == nullptr || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
      head->e_shentsize != sizeof(ElfW(Shdr)))
    return nullptr;
  const auto* sections = i->table<ElfW(Shdr)>(head->e_shoff, head->e_shnum);
  if (sections == nullptr) return nullptr;
  // All functions, or, where that is stripped, those that are exported.
  for (const auto type : {SHT_SYMTAB, SHT_DYNSYM})
    for (int k = 0; k < head->e_shnum; k++) {
      const ElfW(Shdr)& s = sections[k];
      if (s.sh_type != static_cast<ElfW(Word)>(type) ||
          s.sh_link >= head->e_shnum)
        continue;
      const char* name = findin(*i, s, sections[s.sh_link], address);
      if (name != nullptr) return name;
    }
  return nullptr;
}

}  // namespace burrow::rt
