// burrow/sync.h - locks and meeting points for goroutines.
//
//   burrow::mutex mu;
//   burrow::wait_group wg;
//   for (int i = 0; i < 10; ++i)
//     wg.go([&] { std::lock_guard hold(mu); ++n; });
//   wg.wait();
//
// mutex, rw_mutex, wait_group, once, cond, semaphore and error_group block the
// goroutine, never its thread; on a thread that burrow did not make they block
// that thread. Goroutines and threads may share one object.
//
// Rules for all of them
//   - None can be copied or moved (an error_group can be moved). Each may be
//     made outside a run, be a global, constant-initialised (an error_group is
//     not), and outlive runs. What a goroutine held when its run ended stays
//     held; one that waited is forgotten.
//   - Waiting allocates nothing. Waiters are served first come, first served.
//   - An object may be destroyed as soon as the call that frees it for that has
//     returned: a mutex by the next owner once it has unlocked it, a wait_group
//     when its only wait() returns. The call on the other side, which may not
//     have returned yet, does not touch the object any more. One that is
//     destroyed while goroutines wait in it leaves them blocked for ever.
#pragma once

#include "burrow/detail/cond.h"
#include "burrow/detail/error_group.h"
#include "burrow/detail/mutex.h"
#include "burrow/detail/once.h"
#include "burrow/detail/rw_mutex.h"
#include "burrow/detail/semaphore.h"
#include "burrow/detail/wait_group.h"
