// tests/abi/prog/start_arm64.S - where a test program begins, and what C++ cannot
// say: registers. x18 is the system's on Darwin, and so left alone.
        .text
        .globl  _start
_start:
        mov     x29, #0
        mov     x30, #0
        mov     x0, sp
        bl      abi_main
        udf     #0

        .macro  number reg
        mov     \reg, #0x4444
        movk    \reg, #0x3333, lsl #16
        movk    \reg, #0x2222, lsl #32
        movk    \reg, #0x1111, lsl #48
        .endm
        .macro  keep
        stp     x29, x30, [sp, #-176]!
        stp     x19, x20, [sp, #16]
        stp     x21, x22, [sp, #32]
        stp     x23, x24, [sp, #48]
        stp     x25, x26, [sp, #64]
        stp     x27, x28, [sp, #80]
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        .endm
        .macro  giveback
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        ldp     x29, x30, [sp], #176
        .endm

// All registers but x18 and x30, which is where they are; v0 to v31, the even ones
// first.
        .macro  integers op
        .irp    r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
        \op     x\r, [x30, #\r * 8]
        .endr
        .irp    r, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
        \op     x\r, [x30, #(\r - 1) * 8]
        .endr
        .endm
        .macro  vectors op, at
        .irp    r, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        \op     q\r, [\at], #16
        .endr
        .irp    r, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
        \op     q\r, [\at], #16
        .endr
        .endm
        .macro  tally count, reg, wanted
        cmp     \reg, \wanted
        cinc    \count, \count, ne
        .endm

// uint32_t abi_keeps(void (*fn)(void*), void* arg): calls fn with patterns in the
// callee-saved registers. Returns how many came back changed.
        .globl  abi_keeps
abi_keeps:
        hint    #34                     // bti c
        keep
        mov     x9, x0
        mov     x0, x1
        number  x19
        .irp    r, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
        add     x\r, x19, #\r
        .endr
        .irp    r, 8, 9, 10, 11, 12, 13, 14, 15
        add     x10, x19, #\r
        fmov    d\r, x10
        .endr
        blr     x9
        number  x9
        cmp     x19, x9
        cset    w0, ne
        .irp    r, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
        add     x10, x9, #\r
        tally   w0, x\r, x10
        .endr
        .irp    r, 8, 9, 10, 11, 12, 13, 14, 15
        add     x10, x9, #\r
        fmov    x11, d\r
        tally   w0, x11, x10
        .endr
        giveback
        ret

// void abi_trap(const uint64_t* in, uint64_t* out): loads every register, traps,
// and stores every register. Order: x0 to x17, x19 to x30; the flags; then v0 and so
// on to v31, two words each. Word 30, the flags', is where the context has them.
        .globl  abi_trap
abi_trap:
        hint    #34
        keep
        str     x1, [sp, #168]
        ldr     x30, [x0, #30 * 8]
        msr     nzcv, x30
        add     x30, x0, #31 * 8
        vectors ldr, x30
        mov     x30, x0
        integers ldr
        ldr     x30, [x30, #29 * 8]
        .globl  abi_trap_here
abi_trap_here:
        brk     #0
        str     x30, [sp, #160]
        ldr     x30, [sp, #168]
        integers str
        ldr     x9, [sp, #160]
        str     x9, [x30, #29 * 8]
        mrs     x9, nzcv
        str     x9, [x30, #30 * 8]
        add     x9, x30, #31 * 8
        vectors str, x9
        giveback
        ret

// uint64_t abi_spin(uint32_t* word): waits, with a pattern in each register, until
// the word is not 0; returns how many registers have changed.
        .globl  abi_spin
abi_spin:
        hint    #34
        keep
        number  x9
        .irp    r, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, \
                21, 22, 23, 24, 25, 26, 27, 28, 29
        mov     x\r, x9
        .endr
        fmov    d3, x9
        fmov    d31, x9
#ifdef __APPLE__
        str     x9, [sp, #-64]          // the red zone is ours
#endif
1:      yield
        ldar    w30, [x0]
        cbz     w30, 1b
        mov     x0, #0
        .irp    r, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, \
                21, 22, 23, 24, 25, 26, 27, 28, 29
        tally   x0, x\r, x9
        .endr
        fmov    x1, d3
        tally   x0, x1, x9
        fmov    x1, d31
        tally   x0, x1, x9
#ifdef __APPLE__
        ldr     x1, [sp, #-64]
        tally   x0, x1, x9
#endif
        giveback
        ret

// void* abi_self(): the first word of the thread's own block. Of the base that Darwin
// keeps the lowest three bits are not the program's.
        .globl  abi_self
abi_self:
        hint    #34
#ifdef __APPLE__
        mrs     x0, tpidrro_el0
        and     x0, x0, #~7
#else
        mrs     x0, tpidr_el0
#endif
        ldr     x0, [x0]
        ret

// uintptr_t abi_badload(uintptr_t at)
        .globl  abi_badload
abi_badload:
        hint    #34
        ldr     x0, [x0]
        ret

// What sigpanic calls: its sp is to be seen.
        .globl  abi_panicked
abi_panicked:
        hint    #34
        adrp    x0, abi_panicsp
        mov     x1, sp
        str     x1, [x0, :lo12:abi_panicsp]
        b       abi_onpanic
        .comm   abi_panicsp, 8, 8
        .section .note.GNU-stack, "", %progbits
