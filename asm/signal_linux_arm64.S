// signal_linux_arm64.S - from the kernel to a signal handler, back, and from a
// fault to a C++ exception.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Callers  the kernel (burrow_sigtramp, burrow_sigreturn); nobody
//          (burrow_sigpanic: a handler edits the interrupted pc to it).
//
//   reg   burrow_sigtramp    burrow_sigpanic
//   ---   ----------------   --------------------------------------------
//   x0    signal             as at the fault, like all that is not named
//   x1    siginfo = sp       -
//   x2    ucontext = sp+128  -
//   x16   -                  dead
//   x30   the restorer       dead
//   sp    16n                16n: (sp) the fault's pc, 8(sp) its sp, 16(sp) its x30

// A handler that was installed without SA_SIGINFO finds in x1 and x2 what the
// interrupted code had there: burrow_sigfn gets null for both then.

#define SYS_rt_sigreturn 139

        .text
        .globl  burrow_sigtramp
        .hidden burrow_sigtramp
        .type   burrow_sigtramp, %function
        .balign 16
burrow_sigtramp:
        .cfi_startproc
        hint    #34                     // bti c: the kernel comes as by a call
        stp     x29, x30, [sp, #-16]!
        .cfi_adjust_cfa_offset 16
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        mov     x29, sp
        add     x3, sp, #16             // siginfo, if there is one
        add     x4, sp, #16 + 128
        cmp     x1, x3
        ccmp    x2, x4, #0, eq
        csel    x1, x1, xzr, eq
        csel    x2, x2, xzr, eq
        adrp    x3, burrow_sigfn
        ldr     x3, [x3, :lo12:burrow_sigfn]
        blr     x3
        ldp     x29, x30, [sp], #16
        .cfi_adjust_cfa_offset -16
        .cfi_restore x29
        .cfi_restore x30
        ret
        .cfi_endproc
        .size   burrow_sigtramp, . - burrow_sigtramp

// No unwind information: unwinders and debuggers know a signal's frame by these
// very words at its return address, and look one byte before it first, where no
// other function's information may reach: hence the nop.
        .balign 16
        nop
        .globl  burrow_sigreturn
        .hidden burrow_sigreturn
        .type   burrow_sigreturn, %function
burrow_sigreturn:
        mov     x8, #SYS_rt_sigreturn   // 0xd2801168
        svc     #0                      // 0xd4000001
        .size   burrow_sigreturn, . - burrow_sigreturn

// The frame says of itself that it is a signal's, so that the fault's pc is looked
// up as it is, not as a return address; that the caller's sp is at 8(sp), its pc
// at (sp), its x30 at 16(sp); and that all other registers are as they were.
//
// The pc has a register number of its own in this frame, 96, as in the frames that
// libgcc makes for signals: x30 is still needed, for a function that faults may
// keep its return address nowhere else. (LLVM's unwinder knows no 96: it ends here.)
        .balign 16
        .globl  burrow_sigpanic
        .hidden burrow_sigpanic
        .type   burrow_sigpanic, %function
burrow_sigpanic:
        .cfi_startproc
        .cfi_signal_frame
        .cfi_return_column 96
        // CFA = *(sp + 8): DW_CFA_def_cfa_expression, DW_OP_breg31 8, DW_OP_deref
        .cfi_escape 0x0f, 3, 0x8f, 8, 0x06
        // pc at sp: DW_CFA_expression, register 96, DW_OP_breg31 0
        .cfi_escape 0x10, 96, 2, 0x8f, 0
        // x30 at sp + 16: DW_CFA_expression, register 30, DW_OP_breg31 16
        .cfi_escape 0x10, 30, 2, 0x8f, 16
        adrp    x16, burrow_sigpanicfn
        ldr     x16, [x16, :lo12:burrow_sigpanicfn]
        blr     x16
        udf     #0                      // it does not return
        .cfi_endproc
        .size   burrow_sigpanic, . - burrow_sigpanic

        .data
        .balign 8
        .globl  burrow_sigfn
        .hidden burrow_sigfn
        .type   burrow_sigfn, %object
        .size   burrow_sigfn, 8
burrow_sigfn:
        .quad   0
        .globl  burrow_sigpanicfn
        .hidden burrow_sigpanicfn
        .type   burrow_sigpanicfn, %object
        .size   burrow_sigpanicfn, 8
burrow_sigpanicfn:
        .quad   0

        .section .note.GNU-stack, "", %progbits
