// tests/model/standin_spin/runtime/sched/gogo.h - nothing: nobody switches here.
#pragma once
