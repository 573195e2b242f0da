// runtime/os/glibc_tcb.cc - everything burrow knows about glibc's inside.
//
// None of it is ABI. Each fact is taken from the running glibc (private symbols,
// the offsets it exports for debuggers, what the kernel was told), and tried on a
// real pthread before use; if one does not hold, tcbprobe says which, and threads
// are made by pthread_create instead.
//
// The promises, each with a test of its name in tests/osproc_test.cc:
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
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstring>

#include "sys/os.h"

namespace burrow::rt {

namespace {

// The head of the TCB on amd64: compilers' and libcs' ABI since 2002, only
// extended since.
struct tcbhead {
  void* tcb;                      // 0x00  points to itself
  void* dtv;                      // 0x08
  void* self;                     // 0x10  the same again
  std::int32_t multiple_threads;  // 0x18
  std::int32_t gscope_flag;       // 0x1c
  std::uintptr_t sysinfo;         // 0x20
  std::uintptr_t stack_guard;     // 0x28
  std::uintptr_t pointer_guard;   // 0x30
  std::uintptr_t unused[2];       // 0x38
  std::uint32_t feature_1;        // 0x48  shadow stack, branch tracking
};
static_assert(offsetof(tcbhead, multiple_threads) == 0x18);
static_assert(offsetof(tcbhead, stack_guard) == 0x28);
static_assert(offsetof(tcbhead, pointer_guard) == 0x30);
static_assert(offsetof(tcbhead, feature_1) == 0x48);

// The kernel's struct robust_list_head; glibc has the back link before it.
struct robusthead {
  void* first;
  long futexoffset;
  void* pending;
};

// The kernel's struct rseq as far as it ever is registered here.
struct rseqarea {
  std::uint32_t cpuidstart;
  std::int32_t cpuid;
  std::uint32_t rest[6];
};
static_assert(sizeof(rseqarea) == 32);
constexpr std::uint32_t kRseqSignature = 0x53053053;
constexpr std::int32_t kRseqFailed = -2;

// A field as glibc describes it to debuggers.
struct dbfield {
  std::uint32_t bits;
  std::uint32_t count;
  std::uint32_t offset;
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
  const dbfield* tid;
  const dbfield* list;
  pthreadkey* keys;
  const dbfield* keysfield;
  const dbfield* keyseq;
  const dbfield* keydestr;
  const std::ptrdiff_t* rseqoffset;  // null: this glibc has no rseq
  const unsigned* rseqsize;

  std::size_t tlsbytes;  // static TLS, the TCB included
  std::size_t tlsalign;
  std::size_t libctls;  // libc's own TLS lies so far below the TCB
  std::size_t libctlsbytes;
  std::size_t resolver;        // offset of the resolver's state
  std::ptrdiff_t resolverptr;  // TLS offset of the pointer to it
  std::size_t robust;          // offset of the robusthead
  long robustfutexoffset;
  std::size_t stackfields;  // offset of {address, size}; 0: not found
  bool rseq;                // real threads are registered
};
constinit knowledge libc{};

tcbhead* headof(void* tcb) noexcept { return static_cast<tcbhead*>(tcb); }

template <typename T>
T* field(void* tcb, std::size_t offset) noexcept {
  return reinterpret_cast<T*>(static_cast<char*>(tcb) + offset);
}

rseqarea* rseqof(void* tcb) noexcept {
  return reinterpret_cast<rseqarea*>(static_cast<char*>(tcb) +
                                     *libc.rseqoffset);
}

// ---- The probe: symbols ----

template <typename T>
bool find(const char* name, T& out) noexcept {
  out = reinterpret_cast<T>(dlsym(RTLD_DEFAULT, name));
  return out != nullptr;
}

// Returns the name of the first symbol that is missing, or nullptr.
const char* findsymbols() noexcept {
#define BURROW_FIND(member, name) \
  if (!find(name, libc.member)) return name
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
  if (!find("__rseq_offset", libc.rseqoffset) ||
      !find("__rseq_size", libc.rseqsize))
    libc.rseqoffset = nullptr;
  return nullptr;
}

bool fits(const dbfield& f, std::uint32_t bits) noexcept {
  return f.bits == bits && f.offset >= sizeof(tcbhead) &&
         f.offset + bits / 8 <= *libc.sizeof_pthread;
}

bool checksizes() noexcept {
  libc.get_tls_static_info(&libc.tlsbytes, &libc.tlsalign);
  const auto align = libc.tlsalign;
  return align != 0 && (align & (align - 1)) == 0 && align <= sys::pagesize() &&
         *libc.sizeof_pthread >= sizeof(tcbhead) &&
         *libc.sizeof_pthread <= 16384 && fits(*libc.tid, 32) &&
         fits(*libc.list, 128) &&
         libc.keysfield->bits == 8 * sizeof(pthreadkey) &&
         libc.keysfield->offset == 0 &&
         libc.keyseq->offset == offsetof(pthreadkey, seq) &&
         libc.keydestr->offset == offsetof(pthreadkey, destr);
}

// ---- The probe: libc's own thread-local segment ----

// findlibc is called for each loaded object; it stops at the one that has
// __ctype_init in it: libc.
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
  if (!found || object->dlpi_tls_data == nullptr) return found;
  libc.libctlsbytes = tlsbytes;
  libc.libctls = reinterpret_cast<std::uintptr_t>(pthread_self()) -
                 reinterpret_cast<std::uintptr_t>(object->dlpi_tls_data);
  return 1;
}

bool checklibctls() noexcept {
  dl_iterate_phdr(findlibc, nullptr);
  return libc.libctlsbytes > 0 && libc.libctlsbytes <= kMaxLibcTls &&
         libc.libctls >= libc.libctlsbytes && libc.libctls < libc.tlsbytes;
}

// ---- The probe: a real pthread ----

struct realthread {
  char* stack;
  std::size_t bytes;
  const tcbhead* creator;
  std::atomic<std::int64_t> tid{0};
  const char* why = nullptr;
};

// offsetin returns how far in the TCB at lies; 0 if not bytes of it are inside.
std::size_t offsetin(const void* tcb, const void* at,
                     std::size_t bytes) noexcept {
  const auto offset = reinterpret_cast<std::uintptr_t>(at) -
                      reinterpret_cast<std::uintptr_t>(tcb);
  const std::size_t size = *libc.sizeof_pthread;
  const bool inside =
      offset >= sizeof(tcbhead) && offset < size && bytes <= size - offset;
  return inside ? offset : 0;
}

// checkresolver finds the state that name look-ups of a thread use, and the
// thread-local pointer to it; where nobody sets that it is the main thread's.
bool checkresolver(void* tcb) noexcept {
  void** pointer;
  if (!find("__resp", pointer) || *pointer != libc.res_state()) return false;
  libc.resolver = offsetin(tcb, *pointer, sizeof(void*));
  libc.resolverptr = reinterpret_cast<char*>(pointer) - static_cast<char*>(tcb);
  return libc.resolver != 0;
}

// checkrobust finds the offset of the list head: the kernel was told it.
bool checkrobust(void* tcb) noexcept {
  void* at = nullptr;
  std::size_t bytes = 0;
  if (sys::robustlist_get(&at, &bytes) < 0) return false;
  const std::size_t offset = offsetin(tcb, at, sizeof(robusthead));
  if (bytes != sizeof(robusthead) || offset == 0) return false;
  const auto* head = field<robusthead>(tcb, offset);
  const auto* back = field<void*>(tcb, offset - sizeof(void*));
  if (head->first != head || *back != head) return false;
  libc.robust = offset;
  libc.robustfutexoffset = head->futexoffset;
  return true;
}

// findstackfields looks for the stack's address and size, which we chose, side
// by side in the TCB. Found in no or in two places: pthread_getattr_np will not
// be right on our threads, and nothing else suffers.
void findstackfields(void* tcb, const realthread& r) noexcept {
  std::size_t found = 0, times = 0;
  for (std::size_t at = sizeof(tcbhead); at + 16 <= *libc.sizeof_pthread;
       at += 8) {
    if (*field<char*>(tcb, at) != r.stack ||
        *field<std::size_t>(tcb, at + 8) != r.bytes)
      continue;
    found = at;
    times++;
  }
  libc.stackfields = times == 1 ? found : 0;
}

const char* checkreal(const realthread& r) noexcept {
  void* const tcb = reinterpret_cast<void*>(pthread_self());
  const tcbhead& h = *headof(tcb);
  if (h.tcb != tcb || h.self != tcb) return "the thread pointer is no TCB";
  if (h.stack_guard != r.creator->stack_guard ||
      h.pointer_guard != r.creator->pointer_guard)
    return "the TCB's guards are elsewhere";
  if (h.multiple_threads != 0 && h.multiple_threads != 1)
    return "the TCB's multiple_threads is elsewhere";
  if (*field<std::uint32_t>(tcb, libc.tid->offset) != r.tid)
    return "the TCB's tid is elsewhere";
  void** const links = field<void*>(tcb, libc.list->offset);
  if (links[0] == nullptr || links[1] == nullptr)
    return "the TCB's list is elsewhere";
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
// the process makes its first pthread. Nothing undoes that later.
//
// The thread still counts as one of the process's for a moment after the join;
// it is waited for, so that nobody counts it.
const char* checkrealthread() noexcept {
  realthread r;
  r.creator = headof(reinterpret_cast<void*>(pthread_self()));
  const std::size_t page = sys::pagesize();
  r.bytes = (libc.tlsbytes + 256 * 1024 + page - 1) / page * page;
  r.stack = static_cast<char*>(sys::sysreserve(r.bytes));
  if (r.stack == nullptr) return "no memory for a thread";
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_t thread;
  const bool made = pthread_attr_setstack(&attr, r.stack, r.bytes) == 0 &&
                    pthread_create(&thread, &attr, realmain, &r) == 0;
  pthread_attr_destroy(&attr);
  if (made) {
    pthread_join(thread, nullptr);
    while (sys::tgkill(r.tid, 0) >= 0) sys::osyield();
  }
  sys::sysfree(r.stack, r.bytes);
  return made ? r.why : "a pthread could not be made";
}

}  // namespace

const char* tcbprobe() noexcept {
  if (const char* name = findsymbols()) {
    static char why[96];
    std::snprintf(why, sizeof why, "the C library has no %s", name);
    return why;
  }
  if (!checksizes()) return "the C library's TCB is not as expected";
  if (!checklibctls()) return "the C library's own TLS is not as expected";
  return checkrealthread();
}

// ---- Making one ----

void* tcbplace(char* top, char** bottom) noexcept {
  auto at = reinterpret_cast<std::uintptr_t>(top) - *libc.sizeof_pthread;
  at = at / libc.tlsalign * libc.tlsalign;
  // One TCB too much: older versions do not count it in.
  *bottom = reinterpret_cast<char*>(at - libc.tlsbytes);
  return reinterpret_cast<void*>(at);
}

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
  char* const own = static_cast<char*>(tcb) - libc.libctls;
  char saved[kMaxLibcTls];
  std::memcpy(saved, own, libc.libctlsbytes);
  if (headof(tcb)->dtv != nullptr) libc.deallocate_tls(tcb, false);
  headof(tcb)->dtv = nullptr;  // should there be no memory for a new one
  if (libc.allocate_tls(tcb) == nullptr) return false;
  if (memory == tcbmemory::used) std::memcpy(own, saved, libc.libctlsbytes);
  return true;
}

bool tcbprepare(void* tcb, tcbmemory memory, char* lo, char* hi) noexcept {
  if (!allocatetls(tcb, memory)) return false;  // [TLS]
  const tcbhead& creator = *headof(reinterpret_cast<void*>(pthread_self()));
  tcbhead& h = *headof(tcb);
  h.tcb = h.self = tcb;
  h.multiple_threads = 1;                   // [MULTI] some paths ask the thread
  h.stack_guard = creator.stack_guard;      // [GUARD]
  h.pointer_guard = creator.pointer_guard;  // [GUARD]
  h.feature_1 = creator.feature_1;
  // [LIST] fork() takes the thread that called it out of a list.
  void** const links = field<void*>(tcb, libc.list->offset);
  links[0] = links[1] = links;
  if (libc.stackfields != 0) {  // [STACK]
    *field<char*>(tcb, libc.stackfields) = lo;
    *field<std::size_t>(tcb, libc.stackfields + 8) =
        static_cast<std::size_t>(hi - lo);
  }
  return true;
}

// ---- On the thread ----

void tcbenter(void* tcb) noexcept {
  // [REUSE] First of all: the last thread's own locale may be freed memory.
  uselocale(LC_GLOBAL_LOCALE);
  errno = 0;
  libc.ctype_init();  // [CTYPE]
  char* const bytes = static_cast<char*>(tcb);
  *reinterpret_cast<char**>(bytes + libc.resolverptr) =
      bytes + libc.resolver;                               // [RESOLV]
  auto* const head = field<robusthead>(tcb, libc.robust);  // [ROBUST]
  *head = {head, libc.robustfutexoffset, nullptr};
  *field<void*>(tcb, libc.robust - sizeof(void*)) = head;
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
    if ((__atomic_load_n(&libc.keys[k].seq, __ATOMIC_RELAXED) & 1) == 0)
      continue;
    void* const value = pthread_getspecific(k);
    if (value == nullptr) continue;
    pthread_setspecific(k, nullptr);
    any = true;
    const auto destr = __atomic_load_n(&libc.keys[k].destr, __ATOMIC_RELAXED);
    if (destr != nullptr) destr(value);
  }
  return any;
}

void tcbleave() noexcept {  // [EXIT]
  libc.call_tls_dtors();
  // A destructor may set a key again; POSIX wants this many rounds.
  for (int round = 0; round < _POSIX_THREAD_DESTRUCTOR_ITERATIONS; round++)
    if (!destroykeys()) break;
}

}  // namespace burrow::rt
