// burrow/burrow.h - all of burrow.
#pragma once

#include "burrow/chan.h"
#include "burrow/context.h"
#include "burrow/debug.h"
#include "burrow/defer.h"
#include "burrow/error.h"
#include "burrow/fd.h"
#include "burrow/future.h"
#include "burrow/go.h"
#include "burrow/local.h"
#include "burrow/net.h"
#include "burrow/preempt.h"
#include "burrow/select.h"
#include "burrow/signals.h"
#include "burrow/sync.h"
#include "burrow/syscalls.h"
#include "burrow/time.h"
