// sys/linux/vdso.cc - find a function in the vDSO.
//
// The kernel gives the vDSO's address in the auxiliary vector, which it also
// shows in /proc/self/auxv. The vDSO is a complete ELF shared object, mapped in
// one piece: the dynamic segment leads to its symbols, of which there are about
// ten. Their number stands only in a hash table, of the old form (a count) or the
// GNU form (chains whose end is marked); kernels have either or both.
//
// Rejected: asking libc (getauxval, dlvsym). This layer runs without one.
#include "sys/linux/vdso.h"

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstdint>

#include "sys/linux/auxv.h"

namespace burrow::sys {

namespace {

struct image {
  const char* bias = nullptr;  // add to an address in the file
  const ElfW(Sym) * symbols = nullptr;
  const char* names = nullptr;
  const std::uint32_t* hash = nullptr;
  const std::uint32_t* gnuhash = nullptr;
};

const ElfW(Dyn) * dynamicsegment(const char* base, image* out) noexcept {
  const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(base);
  const auto* segment =
      reinterpret_cast<const ElfW(Phdr)*>(base + header->e_phoff);
  const ElfW(Phdr)* dynamic = nullptr;
  for (int i = 0; i < header->e_phnum; i++) {
    const ElfW(Phdr)& s = segment[i];
    if (s.p_type == PT_LOAD && out->bias == nullptr)
      out->bias = base + s.p_offset - s.p_vaddr;
    if (s.p_type == PT_DYNAMIC) dynamic = &s;
  }
  if (dynamic == nullptr || out->bias == nullptr) return nullptr;
  return reinterpret_cast<const ElfW(Dyn)*>(base + dynamic->p_offset);
}

bool readimage(const char* base, image* out) noexcept {
  const ElfW(Dyn)* d = dynamicsegment(base, out);
  if (d == nullptr) return false;
  for (; d->d_tag != DT_NULL; d++) {
    const char* at = out->bias + d->d_un.d_ptr;
    if (d->d_tag == DT_SYMTAB)
      out->symbols = reinterpret_cast<const ElfW(Sym)*>(at);
    if (d->d_tag == DT_STRTAB) out->names = at;
    if (d->d_tag == DT_HASH)
      out->hash = reinterpret_cast<const std::uint32_t*>(at);
    if (d->d_tag == DT_GNU_HASH)
      out->gnuhash = reinterpret_cast<const std::uint32_t*>(at);
  }
  return out->symbols != nullptr && out->names != nullptr;
}

// symbolcount returns one more than the highest number of an exported symbol.
std::uint32_t symbolcount(const image& v) noexcept {
  if (v.hash != nullptr) return v.hash[1];  // buckets, chains = symbols, ...
  if (v.gnuhash == nullptr) return 0;
  // buckets, first symbol hashed, bloom words, shift; bloom, of addresses;
  // buckets;
  // then one word a symbol from the first one on, odd at the end of a chain.
  const std::uint32_t nbuckets = v.gnuhash[0];
  const std::uint32_t first = v.gnuhash[1];
  const std::uint32_t* bucket =
      v.gnuhash + 4 + v.gnuhash[2] * sizeof(void*) / 4;
  const std::uint32_t* chain = bucket + nbuckets;
  std::uint32_t last = 0;
  for (std::uint32_t i = 0; i < nbuckets; i++)
    if (bucket[i] > last) last = bucket[i];
  if (last < first) return 0;
  while ((chain[last - first] & 1) == 0) last++;
  return last + 1;
}

bool equal(const char* a, const char* b) noexcept {
  while (*a != 0 && *a == *b) a++, b++;
  return *a == *b;
}

}  // namespace

void* vdsosymbol(const char* name) noexcept {
  const auto* base = reinterpret_cast<const char*>(auxval(AT_SYSINFO_EHDR));
  image v;
  if (base == nullptr || !readimage(base, &v)) return nullptr;
  const std::uint32_t n = symbolcount(v);
  for (std::uint32_t i = 0; i < n; i++) {
    const ElfW(Sym)& s = v.symbols[i];
    if (ELF32_ST_TYPE(s.st_info) != STT_FUNC || s.st_shndx == SHN_UNDEF)
      continue;
    if (equal(v.names + s.st_name, name))
      return const_cast<char*>(v.bias + s.st_value);
  }
  return nullptr;
}

}  // namespace burrow::sys
