// bench/scaling/poll.cc - requests, and who waits for them.
#include "bench/scaling/poll.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace sim {

namespace {

constexpr picos kEach = 100 * kNs;  // an event's share of epoll_wait
constexpr std::size_t kMost = 128;

struct connection {
  void* gp = nullptr;
  picos arrived = -1;  // its request
};

std::vector<picos> coming;  // times of arrival
std::size_t at;             // the next of them
std::vector<connection> connections;
std::vector<int> waiting;   // those that wait, the last first
std::deque<picos> backlog;  // requests for which no connection has waited
alignas(64) char epoll[64];
picos asked;
std::uint64_t seedof, state;

void give(const std::function<void(void*)>& found) {
  // Whoever is told may let other threads go first: what is taken is taken before.
  for (std::size_t n = 0;
       at < coming.size() && coming[at] <= now() && n < kMost;) {
    const picos when = coming[at++];
    if (waiting.empty()) {
      backlog.push_back(when);
      continue;
    }
    connection& c = connections[static_cast<std::size_t>(waiting.back())];
    waiting.pop_back();
    c.arrived = when;
    n++;
    work(kEach);
    found(c.gp);
  }
}

}  // namespace

std::uint64_t seed() { return seedof; }

void setseed(std::uint64_t s) { seedof = state = s; }

std::uint64_t random() {
  std::uint64_t x = state += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

void arrivals(int n, std::uint64_t requests, double perus) {
  connections.resize(static_cast<std::size_t>(n));
  name("epoll", epoll, sizeof epoll);
  double t = 200.0;  // us; the goroutines are there by then, or soon
  for (std::uint64_t i = 0; i < requests; i++) {
    const double u =
        static_cast<double>((random() >> 11) + 1) / 9007199254740993.0;
    t += -std::log(u) / perus;
    coming.push_back(static_cast<picos>(t * static_cast<double>(kUs)));
  }
}

bool polls() { return !coming.empty(); }
std::uint64_t requests() { return coming.size(); }
picos pollsince() { return asked + 1'000'000'000 * kNs; }

void poll(picos most, const std::function<void(void*)>& found) {
  touch(epoll, access::locked);
  work(cost().syscall);
  counted().polls++;
  asked = now();
  const std::size_t before = at;
  give(found);
  if (at != before || most == 0) return;
  picos left = at < coming.size() ? std::max<picos>(coming[at] - now(), 0) : -1;
  const bool bytimer = most > 0 && (left < 0 || most < left);
  sleepon(epoll, true, bytimer ? most : left, !bytimer);
  asked = now();
  give(found);
}

void pollbreak() { wake(epoll, 1); }

picos nextrequest(int i) {
  connection& c = connections[static_cast<std::size_t>(i)];
  if (c.arrived >= 0) {
    const picos when = c.arrived;
    c.arrived = -1;
    return when;
  }
  if (backlog.empty()) return -1;
  const picos when = backlog.front();
  backlog.pop_front();
  return when;
}

bool pollpark(int i, void* gp) {
  connection& c = connections[static_cast<std::size_t>(i)];
  c.gp = gp;
  if (!backlog.empty()) {
    c.arrived = backlog.front();
    backlog.pop_front();
    return false;
  }
  waiting.push_back(i);
  return true;
}

}  // namespace sim
