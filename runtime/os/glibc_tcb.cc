// runtime/os/glibc_tcb.cc - everything burrow knows about glibc's inside.
//
// None of it is ABI. Each fact is taken from the running glibc (private symbols,
// the offsets it exports for debuggers, what the kernel was told), and tried on a
// real pthread before use; if one does not hold, tcbprobe says which, and threads
// are made by pthread_create instead.
//
// The promises; the marks stand beside their tests in tests/osproc*_test.cc:
//   [MULTI]   libc takes its locks
//   [TLS]     thread_local variables, errno among them, are the thread's own
//   [GUARD]   stack protector and mangled pointers have the process's values
//   [TID]     recursive mutexes know their owner
//   [LIST]    fork() works
//   [CTYPE]   isalpha and friends have their tables
//   [RESOLV]  name look-ups on several threads do not share their state
//   [RSEQ]    sched_getcpu() is right
//   [ROBUST]  robust mutexes work
//   [STACK]   pthread_getattr_np tells the truth
//   [EXIT]    thread_local objects and pthread keys are destroyed
//   [REUSE]   a dead thread's heap cache serves the next one
//
// Rejected: hard-coded offsets by glibc version. A distribution's patch moves a
// field without a new version; the offsets for debuggers move with it.
#include "runtime/os/glibc_tcb.h"

#include <dlfcn.h>
#include <link.h>
#include <linux/futex.h>
#include <pthread.h>

#include <bit>
#include <cerrno>
#include <clocale>
#include <cstring>

#include "burrow/detail/threadpointer.h"
#include "runtime/os/tcbhead.h"
#include "sys/os.h"

namespace burrow::rt {

namespace {

// The kernel's struct rseq as far as it ever is registered here: 32 bytes.
struct rseqarea {
  std::uint32_t cpuidstart;
  std::int32_t cpuid;
  std::uint32_t rest[6];
};
constexpr std::int32_t kRseqFailed = -2;

// A field as glibc describes it to debuggers.
struct dbfield {
  std::uint32_t bits, count, offset;
};

// struct pthread_key_struct, checked by its dbfields.
struct pthreadkey {
  std::uintptr_t seq;  // odd: the key is in use
  void (*destr)(void*);
};

constexpr std::size_t kMaxLibcTls = 1024;

// What tcbprobe finds out; immutable afterwards.
struct knowledge {
  void* (*allocate_tls)(void*);
  void (*deallocate_tls)(void*, bool);
  void (*get_tls_static_info)(std::size_t*, std::size_t*);
  void (*ctype_init)();
  void (*call_tls_dtors)();
  void* (*res_state)();  // no private symbol, but its header is full of macros
  const std::uint32_t* sizeof_pthread;
  const dbfield *tid, *list, *keysfield, *keyseq, *keydestr;
  pthreadkey* keys;
  const std::ptrdiff_t* rseqoffset;  // null: this glibc has no rseq
  const unsigned* rseqsize;

  std::size_t tlsbytes, tlsalign;  // static TLS, and what of the TCB counts in
  std::ptrdiff_t libctls;          // offset of libc's own
  std::size_t libctlsbytes;
  std::size_t resolver;        // offset of the resolver's state
  std::ptrdiff_t resolverptr;  // of the pointer to it, in TLS
  std::size_t robust;  // offset of the robust_list_head, after a back link
  long robustfutexoffset;
  std::size_t stackfields;  // offset of {address, size}; 0: not found
  bool rseq;                // real threads are registered
};
constinit knowledge libc{};

template <typename T>
T* field(void* tcb, std::ptrdiff_t offset) noexcept {
  return reinterpret_cast<T*>(static_cast<char*>(tcb) + offset);
}

tcbhead* selfhead() noexcept {
  return reinterpret_cast<tcbhead*>(pthread_self());
}

// pointerof returns the thread pointer of the thread whose TCB that is.
void* pointerof(void* tcb) noexcept {
  return kTlsAbove ? field<void>(tcb, *libc.sizeof_pthread) : tcb;
}

rseqarea* rseqof(void* tcb) noexcept {
  return field<rseqarea>(pointerof(tcb), *libc.rseqoffset);
}

std::size_t distance(const void* from, const void* to) noexcept {
  return reinterpret_cast<std::uintptr_t>(to) -
         reinterpret_cast<std::uintptr_t>(from);
}

// ---- The probe: symbols ----

template <typename T>
bool find(const char* name, T& out) noexcept {
  out = reinterpret_cast<T>(dlsym(RTLD_DEFAULT, name));
  return out != nullptr;
}

// Returns  nullptr, or which symbol is missing.
const char* findsymbols() noexcept {
#define BURROW_FIND(member, name) \
  if (!find(name, libc.member)) return "the C library has no " name
  BURROW_FIND(allocate_tls, "_dl_allocate_tls");
  BURROW_FIND(deallocate_tls, "_dl_deallocate_tls");
  BURROW_FIND(get_tls_static_info, "_dl_get_tls_static_info");
  BURROW_FIND(ctype_init, "__ctype_init");
  BURROW_FIND(call_tls_dtors, "__call_tls_dtors");
  BURROW_FIND(res_state, "__res_state");
  BURROW_FIND(sizeof_pthread, "_thread_db_sizeof_pthread");
  BURROW_FIND(tid, "_thread_db_pthread_tid");
  BURROW_FIND(list, "_thread_db_pthread_list");
  BURROW_FIND(keys, "__pthread_keys");
  BURROW_FIND(keysfield, "_thread_db___pthread_keys");
  BURROW_FIND(keyseq, "_thread_db_pthread_key_struct_seq");
  BURROW_FIND(keydestr, "_thread_db_pthread_key_struct_destr");
#undef BURROW_FIND
  // glibc 2.35 and later; before that nobody registers anything.
  const bool rseq = find("__rseq_size", libc.rseqsize);
  if (!rseq || !find("__rseq_offset", libc.rseqoffset)) libc.rseqoffset = {};
  return nullptr;
}

// inside says whether bytes at this offset of the TCB are behind its head.
bool inside(std::size_t offset, std::size_t bytes) noexcept {
  const std::size_t size = *libc.sizeof_pthread;
  return offset >= sizeof(tcbhead) && offset < size && bytes <= size - offset;
}

bool fits(const dbfield& f, std::uint32_t bits) noexcept {
  return f.bits == bits && inside(f.offset, bits / 8);
}

bool checksizes() noexcept {
  libc.get_tls_static_info(&libc.tlsbytes, &libc.tlsalign);
  return std::has_single_bit(libc.tlsalign) &&
         libc.tlsalign <= sys::pagesize() && *libc.sizeof_pthread <= 16384 &&
         fits(*libc.tid, 32) && fits(*libc.list, 16 * sizeof(void*)) &&
         libc.keysfield->bits == 8 * sizeof(pthreadkey) &&
         libc.keysfield->offset == 0 &&
         libc.keyseq->offset == offsetof(pthreadkey, seq) &&
         libc.keydestr->offset == offsetof(pthreadkey, destr);
}

// ---- The probe: libc's own thread-local segment ----

// findlibc is called for each loaded object, until libc: __ctype_init is in it.
int findlibc(dl_phdr_info* object, std::size_t, void*) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(libc.ctype_init);
  std::size_t tlsbytes = 0;
  bool found = false;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const auto& s = object->dlpi_phdr[i];
    if (s.p_type == PT_TLS) tlsbytes = s.p_memsz;
    // Below the segment the difference wraps round to a huge number.
    if (s.p_type == PT_LOAD &&
        wanted - (object->dlpi_addr + s.p_vaddr) < s.p_memsz)
      found = true;
  }
  if (found && object->dlpi_tls_data != nullptr) {
    libc.libctlsbytes = tlsbytes;
    libc.libctls = static_cast<std::ptrdiff_t>(
        distance(selfhead(), object->dlpi_tls_data));
  }
  return found;
}

bool checklibctls() noexcept {
  dl_iterate_phdr(findlibc, nullptr);
  if (libc.libctlsbytes == 0 || libc.libctlsbytes > kMaxLibcTls) return false;
  const std::ptrdiff_t begin = libc.libctls;
  const auto end = begin + static_cast<std::ptrdiff_t>(libc.libctlsbytes);
  const auto tls = static_cast<std::ptrdiff_t>(libc.tlsbytes);
  const auto tcb = static_cast<std::ptrdiff_t>(*libc.sizeof_pthread);
  return kTlsAbove ? begin > tcb && end <= tcb + tls : end <= 0 && -begin < tls;
}

// ---- The probe: a real pthread ----

struct realthread {
  char* stack;
  std::size_t bytes;
  const tcbhead* creator;
  std::int64_t tid;
  const char* why = "a pthread could not be made";
};

// checkresolver finds a thread's state of name look-ups and the thread-local
// pointer to it; where nobody sets that it is the main thread's.
bool checkresolver(void* tcb) noexcept {
  void** pointer;
  if (!find("__resp", pointer) || *pointer != libc.res_state()) return false;
  libc.resolver = distance(tcb, *pointer);
  libc.resolverptr = distance(tcb, pointer);
  return inside(libc.resolver, 1);
}

// checkrobust finds the offset of the list head: the kernel was told it. An
// emulator may know no such lists; libc uses its own all the same.
bool checkrobust(void* tcb) noexcept {
  constexpr std::size_t kBytes = sizeof(robust_list_head);
  void* at = nullptr;
  std::size_t bytes = kBytes;
  if (sys::robustlist_get(&at, &bytes) == -ENOSYS)
    for (std::size_t i = sizeof(tcbhead); inside(i, kBytes); i += sizeof at)
      if (isrobusthead(field<robust_list_head>(tcb, i)))
        at = field<void>(tcb, i);
  libc.robust = distance(tcb, at);
  if (bytes != kBytes || !inside(libc.robust, bytes)) return false;
  const auto* head = static_cast<robust_list_head*>(at);
  libc.robustfutexoffset = head->futex_offset;
  return isrobusthead(head);
}

// findstackfields looks for the stack's address and size, which we chose, side
// by side. Without one clear find pthread_getattr_np lies, nothing else.
void findstackfields(void* tcb, const realthread& r) noexcept {
  int times = 0;
  constexpr std::size_t kWord = sizeof(void*);
  for (std::size_t at = sizeof(tcbhead); inside(at, 2 * kWord); at += kWord)
    if (*field<char*>(tcb, at) == r.stack &&
        *field<std::size_t>(tcb, at + kWord) == r.bytes)
      libc.stackfields = at, times++;
  if (times > 1) libc.stackfields = 0;
}

const char* checkreal(const realthread& r) noexcept {
  tcbhead& h = *selfhead();
  void* const tcb = &h;
  if (!headright(h, *r.creator) || detail::threadpointer() != pointerof(tcb))
    return "the TCB's head is not as expected";
  void** const links = field<void*>(tcb, libc.list->offset);
  if (*tcbtid(tcb) != r.tid || links[0] == nullptr || links[1] == nullptr)
    return "the TCB's tid or list is elsewhere";
  if (!checkresolver(tcb)) return "the TCB's resolver state is elsewhere";
  if (!checkrobust(tcb)) return "the TCB's robust list is elsewhere";
  libc.rseq = libc.rseqoffset != nullptr && *libc.rseqsize != 0 &&
              rseqof(tcb)->cpuid >= 0;
  findstackfields(tcb, r);
  return nullptr;
}

void* realmain(void* arg) {
  auto& r = *static_cast<realthread*>(arg);
  r.tid = sys::gettid();
  r.why = checkreal(r);
  return nullptr;
}

// [MULTI] libc leaves out its locks, and libstdc++ its atomic operations, until
// the process makes its first pthread. Nothing undoes that later. The thread
// still counts as one of the process's for a moment after the join: wait for it.
const char* checkrealthread() noexcept {
  realthread r;
  r.creator = selfhead();
  r.bytes = libc.tlsbytes / sys::pagesize() * sys::pagesize() + 256 * 1024;
  r.stack = static_cast<char*>(sys::sysreserve(r.bytes));
  if (r.stack == nullptr) return "no memory for a thread";
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_t thread;
  if (pthread_attr_setstack(&attr, r.stack, r.bytes) == 0 &&
      pthread_create(&thread, &attr, realmain, &r) == 0) {
    pthread_join(thread, nullptr);
    while (sys::tgkill(r.tid, 0) >= 0) sys::osyield();
  }
  pthread_attr_destroy(&attr);
  sys::sysfree(r.stack, r.bytes);
  return r.why;
}

}  // namespace

const char* tcbprobe() noexcept {
  if (const char* why = findsymbols()) return why;
  if (!checksizes()) return "the C library's TCB is not as expected";
  if (!checklibctls()) return "the C library's own TLS is not as expected";
  return checkrealthread();
}

// ---- Making one ----

void* tcbplace(char* top, char** bottom) noexcept {
  auto at = reinterpret_cast<std::uintptr_t>(top);
  if constexpr (kTlsAbove) {
    at = (at - libc.tlsbytes) / libc.tlsalign * libc.tlsalign;
    at -= *libc.sizeof_pthread;
    *bottom = reinterpret_cast<char*>(at);
    return *bottom;
  }
  at = (at - *libc.sizeof_pthread) / libc.tlsalign * libc.tlsalign;
  // One TCB too much: older versions do not count it in.
  *bottom = reinterpret_cast<char*>(at - libc.tlsbytes);
  return reinterpret_cast<void*>(at);
}

void* tcbpointer(void* tcb) noexcept { return pointerof(tcb); }

std::atomic<std::uint32_t>* tcbtid(void* tcb) noexcept {
  return field<std::atomic<std::uint32_t>>(tcb, libc.tid->offset);
}

// allocatetls gives tcb a table of thread-local blocks and initial values of
// all variables.
//
// [REUSE] The variables of libc itself stay as the last thread left them: they
// own its heap cache, its arena and its buffers, which glibc frees at the end of
// a thread of its own by a function that is not exported.
static bool allocatetls(void* tcb, tcbmemory memory) noexcept {
  char* const own = field<char>(tcb, libc.libctls);
  void*& dtv = dtvof(*static_cast<tcbhead*>(tcb), *libc.sizeof_pthread);
  char saved[kMaxLibcTls];
  std::memcpy(saved, own, libc.libctlsbytes);
  if (dtv != nullptr) libc.deallocate_tls(pointerof(tcb), false);
  dtv = nullptr;  // should there be no memory for a new one
  if (libc.allocate_tls(pointerof(tcb)) == nullptr) return false;
  if (memory == tcbmemory::used) std::memcpy(own, saved, libc.libctlsbytes);
  return true;
}

bool tcbprepare(void* tcb, tcbmemory memory) noexcept {
  if (!allocatetls(tcb, memory)) return false;  // [TLS]
  headprepare(*static_cast<tcbhead*>(tcb), *selfhead());
  // [LIST] fork() takes the thread that called it out of a list.
  void** const links = field<void*>(tcb, libc.list->offset);
  links[0] = links[1] = links;
  return true;
}

void tcbsetstack(void* tcb, char* lo, char* hi) noexcept {
  if (libc.stackfields == 0) return;
  *field<char*>(tcb, libc.stackfields) = lo;
  *field<std::ptrdiff_t>(tcb, libc.stackfields + sizeof(void*)) = hi - lo;
}

// ---- On the thread ----

void tcbenter(void* tcb) noexcept {
  // [REUSE] First of all: the last thread's own locale may be freed memory.
  uselocale(LC_GLOBAL_LOCALE);
  errno = 0;
  libc.ctype_init();  // [CTYPE]
  *field<void*>(tcb, libc.resolverptr) =
      field<void>(tcb, libc.resolver);                           // [RESOLV]
  auto* const head = field<robust_list_head>(tcb, libc.robust);  // [ROBUST]
  *head = {{&head->list}, libc.robustfutexoffset, nullptr};
  if (kRobustBack) *field<void*>(tcb, libc.robust - sizeof(void*)) = head;
  sys::robustlist_set(head, sizeof *head);
  if (libc.rseqoffset == nullptr) return;  // [RSEQ]
  rseqarea* const area = rseqof(tcb);
  *area = {};
  if (!libc.rseq || sys::rseqregister(area, sizeof *area, kRseqSignature) < 0)
    area->cpuid = kRseqFailed;
}

// destroykeys calls the destructors of one round; false: there were none.
static bool destroykeys() noexcept {
  bool any = false;
  for (std::uint32_t k = 0; k < libc.keysfield->count; k++) {
    const volatile pthreadkey& key = libc.keys[k];  // others make keys now
    void* const value = key.seq % 2 == 0 ? nullptr : pthread_getspecific(k);
    if (value == nullptr) continue;
    pthread_setspecific(k, nullptr);
    any = true;
    if (const auto destr = key.destr) destr(value);
  }
  return any;
}

// [EXIT] Destructors may set keys and make objects again. POSIX lets us give up
// some time, but [REUSE] would hand what is left to the next thread.
void tcbleave() noexcept {
  do libc.call_tls_dtors();
  while (destroykeys());
}

}  // namespace burrow::rt
