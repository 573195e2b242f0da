// syscall_openbsd_arm64.S - the one gate into OpenBSD's kernel: bsdcall_arm64.inc,
// and the table that lets it in.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Caller   sys/bsd/syscall.h.
//
// From 6.8 on the kernel goes on 8 bytes behind the call: there must be the two
// barriers, which keep processors from running ahead; older kernels run them.
#include "asm/object.inc"
#include "asm/pins_openbsd.inc"

        .macro  number
        mov     x8, x0
        .endm
        .macro  gate
        svc     #0
        dsb     nsh
        isb
        .endm
#include "asm/bsdcall_arm64.inc"

        PINS
        GATEPINS(LOCAL(gate))
        TAIL
