// clone_linux_386.S - start a thread of this process.
//
// Layer    asm: no libc, no TLS, no stack of its own, no upward symbol.
// Caller   sys::newthread (sys/linux/thread.cc), on behalf of newosproc; all
//          signals are blocked, so the child starts with them blocked too.
// C name   intptr_t burrow_clone(uintptr_t flags, void* sp, uint32_t* tid,
//                            void* tls, void (*fn)(void*), void* arg);
// Returns  parent: thread id > 0, or -errno. Child: never returns.
//
//   reg   at INT 0x80             child, after INT 0x80
//   ---   ---------------------   ---------------------
//   eax   SYS_clone               0
//   ebx   flags                   dead
//   ecx   sp - 20                 dead
//   edx   parent_tid = tid        dead
//   esi   the descriptor of tls   dead
//   edi   child_tid = tid         dead
//   esp   parent stack            sp - 20, then sp - 16
//
//   child stack   sp - 20  fn, popped
//                 sp - 16  arg, where a CALL wants its argument: 16-byte aligned
//   parent stack  0 descriptor, 16 edi, 20 esi, 24 ebx, 28 return address,
//                 32 flags, 36 sp, 40 tid, 44 tls, 48 fn, 52 arg
//
// The kernel wants the thread pointer as a segment descriptor: its number, base,
// limit, and what it is (0x51: a 32-bit data segment, the limit in pages, usable).
// The number is that in gs, which all threads have alike: each has its own table.
// The kernel has read the descriptor when clone returns.
//
// tid serves two masters, and the child has no caller: see clone_linux_amd64.S.

#define SYS_exit  1
#define SYS_clone 120

        .text
        .globl  burrow_clone
        .hidden burrow_clone
        .type   burrow_clone, @function
        .balign 16
burrow_clone:
        .cfi_startproc
        pushl   %ebx
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset ebx, 0
        pushl   %esi
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset esi, 0
        pushl   %edi
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset edi, 0
        subl    $16, %esp
        .cfi_adjust_cfa_offset 16
        movl    36(%esp), %ecx          // sp
        movl    48(%esp), %eax
        movl    %eax, -20(%ecx)         // fn  -> child stack
        movl    52(%esp), %eax
        movl    %eax, -16(%ecx)         // arg -> child stack
        subl    $20, %ecx
        xorl    %eax, %eax
        movw    %gs, %ax
        shrl    $3, %eax
        movl    %eax, 0(%esp)           // entry_number
        movl    44(%esp), %eax
        movl    %eax, 4(%esp)           // base_addr = tls
        movl    $0xfffff, 8(%esp)       // limit
        movl    $0x51, 12(%esp)         // flags
        movl    32(%esp), %ebx          // flags
        movl    40(%esp), %edx          // parent_tid = tid
        movl    %esp, %esi              // the descriptor
        movl    %edx, %edi              // child_tid = tid
        movl    $SYS_clone, %eax
        int     $0x80
        testl   %eax, %eax              // the child gets 0
        jz      .Lchild
        addl    $16, %esp
        .cfi_adjust_cfa_offset -16
        popl    %edi
        .cfi_adjust_cfa_offset -4
        .cfi_restore edi
        popl    %esi
        .cfi_adjust_cfa_offset -4
        .cfi_restore esi
        popl    %ebx
        .cfi_adjust_cfa_offset -4
        .cfi_restore ebx
        ret                             // tid or -errno
        .cfi_endproc

.Lchild:
        .cfi_startproc
        .cfi_undefined eip              // unwinders stop here: nobody called us
        xorl    %ebp, %ebp              // and so does the frame-pointer chain
        popl    %eax                    // fn; arg is at (esp)
        call    *%eax
        xorl    %ebx, %ebx              // fn returned: end this thread only
        movl    $SYS_exit, %eax
        int     $0x80
        ud2                             // exit does not return
        .cfi_endproc
        .size   burrow_clone, . - burrow_clone

        .section .note.GNU-stack, "", @progbits
