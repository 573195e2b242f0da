// syscall_darwin_amd64.S - the one gate into Darwin's kernel: bsdcall_amd64.inc. The
// call's number has its class in bits 24 and up: 1 Mach, 2 BSD, 3 of the machine.
//
// Layer    asm: no libc, no TLS, no upward symbol.
// Caller   sys/bsd/syscall.h.
#include "asm/object.inc"
#include "asm/bsdcall_amd64.inc"

        TAIL
