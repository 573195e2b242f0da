// tests/model/standin/runtime/sched/tls.h - nothing: the model's m is passed
// on.
#pragma once
