// tests/model/standin_spin/runtime/sched/tls.h - the m of a thread of the model.
#pragma once

namespace burrow::rt {

struct m;
m* getm() noexcept;  // spin_programs.cc

}  // namespace burrow::rt
