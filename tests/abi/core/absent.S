// tests/abi/core/absent.S - what the runtime's core names and this program never
// needs: exceptions to throw, contexts, a thread that naps without burrow. To call any
// of it ends the program.
        .text
        .irp    name, nanosleep, \
                _ZN6burrow11with_cancelERKNS_7contextE, \
                _ZN6burrow6detail10ctx_cancelEPNS0_10cancelnodeESt10error_code, \
                _ZN6burrow6detail10ctx_retainEPNS0_7ctxnodeE, \
                _ZN6burrow6detail11ctx_releaseEPNS0_7ctxnodeE, \
                _ZN6burrow6detail7ctx_errEPKNS0_10cancelnodeE, \
                _ZN6burrow6detail8ctx_doneEPNS0_10cancelnodeE, \
                _ZNKSt13runtime_error4whatEv, \
                _ZNSt11logic_errorC1EPKc, _ZNSt11logic_errorD1Ev, \
                _ZNSt12length_errorC1EPKc, _ZNSt12length_errorD1Ev, \
                _ZNSt12system_errorD1Ev, \
                _ZNSt13runtime_errorC1EPKc, _ZNSt13runtime_errorC2EPKc, \
                _ZNSt13runtime_errorC2ERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE, \
                _ZNSt13runtime_errorD1Ev, _ZNSt13runtime_errorD2Ev, \
                _ZNSt16invalid_argumentC1EPKc, \
                _ZNSt16invalid_argumentC1ERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE, \
                _ZNSt16invalid_argumentD1Ev, \
                _ZNSt3_V215system_categoryEv, _ZNSt3_V216generic_categoryEv, \
                _ZNSt9bad_allocD1Ev, \
                _ZTISt11logic_error, _ZTISt12length_error, \
                _ZTISt12system_error, _ZTISt13runtime_error, \
                _ZTISt16invalid_argument, _ZTISt9bad_alloc, \
                _ZTVN10__cxxabiv117__class_type_infoE, \
                _ZTVN10__cxxabiv120__si_class_type_infoE, \
                _ZTVSt12system_error, _ZTVSt9bad_alloc
        .globl  \name
\name:
        .endr
        ud2
        .fill   64, 1, 0                // the tables' words
        .section .note.GNU-stack, "", @progbits
