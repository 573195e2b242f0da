// runtime/sched/fork.cc - a program that forks by itself.
//
// The child of fork() has one thread, the copy of the one that called. Its other
// goroutines' threads are gone, with whatever they held. So the child may call
// exec or _exit, and burrow's functions as long as they need not wait; where a
// goroutine would wait, others would have to run, and that is said and ends the
// child. burrow::exec and posix_spawn do not fork in this sense.
//
// sched.lock is held over the fork: the child finds it free.

#include <pthread.h>

#include "runtime/netpoll/netpoll.h"
#include "runtime/sched/sched.h"

namespace burrow::rt {

constinit bool forkedchild = false;

namespace {

void before() { sched.lock.lock(); }
void inparent() { sched.lock.unlock(); }

void inchild() {
  sched.lock.unlock();
  netpollforked();
  if (!sched.running) return;
  forkedchild = true;
  // No goroutine shall go on to another by itself: g0 is asked, and knows.
  for (int i = 0; i < numprocs(); i++)
    allp[i]->attention.fetch_or(kAttnLook, relaxed);
}

}  // namespace

void initfork() noexcept {
  [[maybe_unused]] static const int once =
      ::pthread_atfork(before, inparent, inchild);
}

}  // namespace burrow::rt
