// bench/scaling/poll.h - the system's poller, simulated: requests that arrive at
// connections, and goroutines that wait for them.
#pragma once

#include <cstdint>
#include <functional>

#include "bench/scaling/engine.h"

namespace sim {

// One epoll, as the kernel has it. Arrivals are made by a workload beforehand.
void arrivals(int connections, std::uint64_t requests, double perus);
bool polls();  // there are any
std::uint64_t requests();

// For netpoll: calls found for each goroutine whose request is there; waits for
// `most` at most for the first (0: not at all; < 0: for ever).
void poll(picos most, const std::function<void(void* gp)>& found);
void pollbreak();
picos pollsince();  // when somebody has asked last, on nanotime's scale

// For connection i, whose goroutine has been let go or has done with a request: the
// next that waits, as the time of its arrival; -1: none. park: the goroutine waits
// from here on; false: a request has come.
picos nextrequest(int connection);
bool pollpark(int connection, void* gp);

std::uint64_t seed();
void setseed(std::uint64_t s);
std::uint64_t random();

}  // namespace sim
