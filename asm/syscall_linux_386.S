// syscall_linux_386.S - the one gate into the kernel.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Caller   sys/linux/*.cc, through the typed calls of sys/linux/syscall.h.
// C name   intptr_t burrow_syscall6(intptr_t nr, uintptr_t a1, uintptr_t a2,
//                    uintptr_t a3, uintptr_t a4, uintptr_t a5, uintptr_t a6);
// Returns  the kernel's result; -4095 to -1 is -errno.
//
//   reg   C argument    at INT 0x80   after
//   ---   -----------   -----------   -----------------
//   eax   -             nr            result
//   ebx   kept by us    a1            kept; restored
//   ecx   -             a2            kept
//   edx   -             a3            kept
//   esi   kept by us    a4            kept; restored
//   edi   kept by us    a5            kept; restored
//   ebp   kept by us    a6            kept; restored
//   esp   see below     unchanged     unchanged
//
//   stack after the four pushes: 0 ebp, 4 edi, 8 esi, 12 ebx, 16 return address,
//   20 nr, 24 a1, 28 a2, 32 a3, 36 a4, 40 a5, 44 a6
//
// Rejected: the vDSO's entry, which libc calls through gs:0x10. It is two to three
// times as fast where the processor has sysenter, but there is no gs:0x10 where
// there is no libc, and the calls of the hot paths do not come here: the clock
// is read in the vDSO.

        .text
        .globl  burrow_syscall6
        .hidden burrow_syscall6
        .type   burrow_syscall6, @function
        .balign 16
burrow_syscall6:
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
        pushl   %ebp
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset ebp, 0
        movl    20(%esp), %eax          // nr
        movl    24(%esp), %ebx          // a1
        movl    28(%esp), %ecx          // a2
        movl    32(%esp), %edx          // a3
        movl    36(%esp), %esi          // a4
        movl    40(%esp), %edi          // a5
        movl    44(%esp), %ebp          // a6
        int     $0x80
        popl    %ebp
        .cfi_adjust_cfa_offset -4
        .cfi_restore ebp
        popl    %edi
        .cfi_adjust_cfa_offset -4
        .cfi_restore edi
        popl    %esi
        .cfi_adjust_cfa_offset -4
        .cfi_restore esi
        popl    %ebx
        .cfi_adjust_cfa_offset -4
        .cfi_restore ebx
        ret
        .cfi_endproc
        .size   burrow_syscall6, . - burrow_syscall6

        .section .note.GNU-stack, "", @progbits
