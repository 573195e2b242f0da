// syscall_openbsd_amd64.S - the one gate into OpenBSD's kernel: bsdcall_amd64.inc,
// and the table that lets it in.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Caller   sys/bsd/syscall.h.
#include "asm/object.inc"
#include "asm/pins_openbsd.inc"
#include "asm/bsdcall_amd64.inc"

        PINS
        GATEPINS(LOCAL(gate))
        TAIL
