// tests/abi/space.cc - memory of the emulated machine: blocks, and programs in them.
#include "tests/abi/space.h"

#include <elf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace abibed {

namespace {

constexpr std::uint64_t kGap = 65536;

std::uint64_t up(std::uint64_t n, std::uint64_t to) {
  return (n + to - 1) / to * to;
}

std::shared_ptr<char> fresh(std::uint64_t bytes) {
  void* const at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) fail("bed: no memory for the program");
  return {static_cast<char*>(at), [bytes](char* p) { munmap(p, bytes); }};
}

}  // namespace

std::unique_ptr<space> space::copy() const {
  auto c = std::make_unique<space>();
  c->next_ = next_;
  for (const auto& [at, b] : blocks_) {
    block twin = b;
    if (!b.shared) {
      twin.mem = fresh(b.hi - at);
      memcpy(twin.mem.get(), b.mem.get(), b.hi - at);
    }
    c->put(at, twin);
  }
  return c;
}

void space::put(std::uint64_t at, block b) {
  if (const uc_err e = uc_mem_map_ptr(
          uc_, at, b.hi - at, static_cast<std::uint32_t>(b.prot), b.mem.get());
      e != UC_ERR_OK)
    fail("bed: a mapping at %lx: %s", at, uc_strerror(e));
  blocks_[at] = std::move(b);
}

// No block goes across `at` then.
void space::cut(std::uint64_t at) {
  auto it = blocks_.upper_bound(at);
  if (it == blocks_.begin()) return;
  --it;
  const std::uint64_t lo = it->first;
  if (lo == at || it->second.hi <= at) return;
  block first = it->second, second = it->second;
  uc_mem_unmap(uc_, lo, first.hi - lo);
  blocks_.erase(it);
  second.mem = {first.mem, first.mem.get() + (at - lo)};
  first.hi = at;
  put(lo, first);
  put(at, second);
}

std::uint64_t space::map(std::uint64_t at, std::uint64_t bytes, int prot,
                         bool shared) {
  bytes = up(bytes, kPage);
  if (at == 0) {
    at = next_;
    next_ = up(at + bytes, kGap) + kGap;
  } else {
    unmap(at, bytes);
  }
  put(at, {at + bytes, fresh(bytes), prot, shared});
  return at;
}

void space::unmap(std::uint64_t at, std::uint64_t bytes) {
  const std::uint64_t hi = at + up(bytes, kPage);
  cut(at);
  cut(hi);
  for (auto it = blocks_.lower_bound(at); it != blocks_.end() && it->first < hi;
       it = blocks_.erase(it))
    uc_mem_unmap(uc_, it->first, it->second.hi - it->first);
}

bool space::covered(std::uint64_t at, std::uint64_t bytes) const {
  const std::uint64_t hi = at + bytes;
  while (at < hi) {
    auto it = blocks_.upper_bound(at);
    if (it == blocks_.begin() || (--it)->second.hi <= at) return false;
    at = it->second.hi;
  }
  return true;
}

bool space::protect(std::uint64_t at, std::uint64_t bytes, int prot) {
  bytes = up(bytes, kPage);
  if (!covered(at, bytes)) return false;
  cut(at);
  cut(at + bytes);
  for (auto it = blocks_.lower_bound(at);
       it != blocks_.end() && it->first < at + bytes; ++it) {
    it->second.prot = prot;
    uc_mem_protect(uc_, it->first, it->second.hi - it->first,
                   static_cast<std::uint32_t>(prot));
  }
  return true;
}

bool space::each(std::uint64_t at, std::size_t n, int prot,
                 const std::function<void(char*, std::size_t)>& fn) const {
  while (n > 0) {
    auto it = blocks_.upper_bound(at);
    if (it == blocks_.begin() || (--it)->second.hi <= at ||
        (it->second.prot & prot) != prot)
      return false;
    const std::size_t part = std::min<std::size_t>(n, it->second.hi - at);
    fn(it->second.mem.get() + (at - it->first), part);
    at += part;
    n -= part;
  }
  return true;
}

bool space::zero(std::uint64_t at, std::uint64_t bytes) {
  return each(at, bytes, PROT_NONE,
              [](char* p, std::size_t n) { memset(p, 0, n); });
}

bool space::read(std::uint64_t at, void* to, std::size_t n) const {
  auto* out = static_cast<char*>(to);
  return each(at, n, PROT_READ, [&](const char* p, std::size_t k) {
    memcpy(out, p, k);
    out += k;
  });
}

bool space::write(std::uint64_t at, const void* from, std::size_t n) {
  const auto* in = static_cast<const char*>(from);
  return each(at, n, PROT_WRITE, [&](char* p, std::size_t k) {
    memcpy(p, in, k);
    in += k;
  });
}

bool space::text(std::uint64_t at, std::string& to) const {
  to.clear();
  for (char c; read(at, &c, 1); at++) {
    if (c == 0) return true;
    to += c;
  }
  return false;
}

std::uint64_t space::load(const std::vector<char>& file) {
  Elf64_Ehdr h{};
  memcpy(&h, file.data(), std::min(sizeof h, file.size()));
  if (memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 || h.e_machine != EM_AARCH64)
    fail("bed: the program is not an arm64 one");
  for (int i = 0; i < h.e_phnum; i++) {
    Elf64_Phdr s;
    memcpy(&s, file.data() + h.e_phoff + static_cast<unsigned>(i) * sizeof s,
           sizeof s);
    if (s.p_type != PT_LOAD || s.p_memsz == 0) continue;
    const std::uint64_t lo = s.p_vaddr / kPage * kPage;
    const std::uint64_t hi = up(s.p_vaddr + s.p_memsz, kPage);
    for (std::uint64_t at = lo; at < hi; at += kPage)
      if (covered(at, 1)) fail("bed: two segments in the page at %lx", at);
    map(lo, hi - lo, PROT_READ | PROT_WRITE, false);
    write(s.p_vaddr, file.data() + s.p_offset, s.p_filesz);
    protect(lo, hi - lo,
            ((s.p_flags & PF_R) != 0 ? PROT_READ : 0) |
                ((s.p_flags & PF_W) != 0 ? PROT_WRITE : 0) |
                ((s.p_flags & PF_X) != 0 ? PROT_EXEC : 0));
  }
  return h.e_entry;
}

}  // namespace abibed
