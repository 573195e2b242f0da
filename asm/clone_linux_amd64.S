// clone_linux_amd64.S - start a thread of this process.
//
// Layer    asm: no libc, no TLS, no stack of its own, no upward symbol.
// Caller   sys::newthread (sys/linux/thread.cc), on behalf of newosproc; all
//          signals are blocked, so the child starts with them blocked too.
// C name   int64_t burrow_clone(uint64_t flags, void* sp, uint32_t* tid,
//                           void* tls, void (*fn)(void*), void* arg);
// Returns  parent: thread id > 0, or -errno. Child: never returns.
//
//   reg   C argument     at SYSCALL             child, after SYSCALL
//   ---   ------------   --------------------   --------------------------
//   rax   -              SYS_clone              0
//   rdi   flags          flags                  arg, popped
//   rsi   sp             sp - 16                dead
//   rdx   tid            parent_tid = tid       dead
//   rcx   tls            destroyed by SYSCALL   dead
//   r8    fn             tls                    dead
//   r9    arg            unused by clone        dead
//   r10   -              child_tid = tid        dead
//   r11   -              destroyed by SYSCALL   dead
//   rsp   parent stack   parent stack           sp - 16, then sp
//
//   child stack   sp - 16  fn
//                 sp -  8  arg
//   sp is 16-byte aligned: after two pops rsp == sp, which is what the SysV ABI
//   wants right before a CALL.
//
// tid serves two masters: CLONE_PARENT_SETTID fills it before clone returns;
// CLONE_CHILD_CLEARTID zeroes it and wakes one futex waiter once the kernel has
// left the child's stack for good, so `*tid == 0` is the one safe moment to give
// that stack to somebody else.
//
// The child has no caller. Its part of the function says so to both kinds of
// unwinder: the return address is undefined in the CFI, and rbp, from which
// frame-pointer walkers start, is zero. An exception that nobody catches thus
// reaches std::terminate instead of wandering through stale stack words.

#define SYS_clone 56
#define SYS_exit  60

        .text
        .globl  burrow_clone
        .hidden burrow_clone
        .type   burrow_clone, @function
        .balign 16
burrow_clone:
        .cfi_startproc
        movq    %r8, -16(%rsi)          // fn  -> child stack
        movq    %r9, -8(%rsi)           // arg -> child stack
        subq    $16, %rsi               // child starts below the two words
        movq    %rdx, %r10              // child_tid = parent_tid = tid
        movq    %rcx, %r8               // tls; free rcx before SYSCALL eats it
        movl    $SYS_clone, %eax
        syscall
        testq   %rax, %rax              // the child gets 0
        jz      .Lchild
        ret                             // tid or -errno
        .cfi_endproc

.Lchild:
        .cfi_startproc
        .cfi_undefined rip              // unwinders stop here: nobody called us
        xorl    %ebp, %ebp              // and so does the frame-pointer chain
        popq    %rax                    // fn
        popq    %rdi                    // arg
        call    *%rax
        xorl    %edi, %edi              // fn returned: end this thread only
        movl    $SYS_exit, %eax
        syscall
        ud2                             // exit does not return
        .cfi_endproc
        .size   burrow_clone, . - burrow_clone

        .section .note.GNU-stack, "", @progbits
