// syscall_darwin_arm64.S - the one gate into Darwin's kernel: bsdcall_arm64.inc. The
// call's number has its class in bits 24 and up, as on amd64; here Mach's numbers are
// negative, and the machine's own calls are made where they are needed.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Caller   sys/bsd/syscall.h.
#include "asm/object.inc"

        .macro  number
        lsr     x11, x0, #24
        and     x16, x0, #0xffffff
        cmp     x11, #1                 // Mach
        cneg    x16, x16, eq
        .endm
        .macro  gate
        svc     #0x80
        .endm
#include "asm/bsdcall_arm64.inc"

        TAIL
