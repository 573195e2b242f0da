// syscall_openbsd_386.S - the one gate into OpenBSD's kernel: bsdcall_386.inc,
// and the table that lets it in.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Caller   sys/bsd/syscall.h.
#include "asm/object.inc"
#include "asm/pins_openbsd.inc"

#define GATE .Lgate: int $0x80
#include "asm/bsdcall_386.inc"

        PINS
        GATEPINS(.Lgate)
        TAIL
