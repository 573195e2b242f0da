// recover_arm64.S - setjmp and longjmp, for recover.h.
//
//   x0  the record: what a function has to keep, and where to go on
//
//   0 x19, x20   32 x23, x24   64 x27, x28   96 sp, -      128 d10, d11   160 d14, d15
//  16 x21, x22   48 x25, x26   80 x29, x30  112 d8, d9     144 d12, d13
//
// Left by a `ret`, which may land anywhere: no landing pad is needed.

        .text
        .p2align 4
        .globl burrow_recoverable
        .hidden burrow_recoverable
        .type burrow_recoverable, %function
burrow_recoverable:
        .cfi_startproc
        hint    #34                     // bti c
        mov     x1, sp
        stp     x19, x20, [x0]
        stp     x21, x22, [x0, #16]
        stp     x23, x24, [x0, #32]
        stp     x25, x26, [x0, #48]
        stp     x27, x28, [x0, #64]
        stp     x29, x30, [x0, #80]
        str     x1, [x0, #96]
        stp     d8, d9, [x0, #112]
        stp     d10, d11, [x0, #128]
        stp     d12, d13, [x0, #144]
        stp     d14, d15, [x0, #160]
        mov     w0, #0
        ret
        .cfi_endproc
        .size burrow_recoverable, . - burrow_recoverable

        .p2align 4
        .globl burrow_recover
        .hidden burrow_recover
        .type burrow_recover, %function
burrow_recover:
        .cfi_startproc
        hint    #34                     // bti c
        ldp     x19, x20, [x0]
        ldp     x21, x22, [x0, #16]
        ldp     x23, x24, [x0, #32]
        ldp     x25, x26, [x0, #48]
        ldp     x27, x28, [x0, #64]
        ldp     x29, x30, [x0, #80]
        ldr     x1, [x0, #96]
        ldp     d8, d9, [x0, #112]
        ldp     d10, d11, [x0, #128]
        ldp     d12, d13, [x0, #144]
        ldp     d14, d15, [x0, #160]
        mov     sp, x1
        mov     w0, #1
        ret
        .cfi_endproc
        .size burrow_recover, . - burrow_recover

        .section .note.GNU-stack, "", %progbits
