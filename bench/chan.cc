// bench/chan.cc - rows: channels.
#include "burrow/chan.h"

#include <array>

#include "bench/bench.h"
#include "bench/workload.h"
#include "burrow/go.h"
#include "burrow/sync.h"

namespace bench {
namespace {

using burrow::chan;
using burrow::make_chan;

void ping_pong(state& st) {
  chan<int> ping = make_chan<int>();
  chan<int> pong = make_chan<int>();
  burrow::wait_group wg;
  wg.add(1);
  burrow::go([ping, pong, &wg] {
    while (auto v = ping.recv()) pong.send(*v);
    wg.done();
  });
  for (std::int64_t i = 0; i < st.n(); ++i) {
    ping.send(1);
    pong.recv();
  }
  ping.close();
  wg.wait();
}

// Each of the ring's goroutines hands the token on until it says that no hop
// is left; the close then goes once round the ring.
void ring_1000(state& st) {
  constexpr int kRing = 1'000;
  std::vector<chan<std::int64_t>> links(kRing);
  for (auto& c : links) c = make_chan<std::int64_t>();
  chan<burrow::unit> over = make_chan<burrow::unit>();
  burrow::wait_group wg;
  wg.add(kRing);
  for (int i = 0; i < kRing; ++i) {
    auto from = links[static_cast<std::size_t>(i)];
    auto to = links[static_cast<std::size_t>((i + 1) % kRing)];
    bool closes = i + 1 < kRing;
    burrow::go([from, to, over, closes, &wg] {
      while (auto hops_left = from.recv()) {
        if (*hops_left > 1) {
          to.send(*hops_left - 1);
        } else {
          over.send({});
        }
      }
      if (closes) to.close();
      wg.done();
    });
  }
  st.reset_timer();
  links[0].send(st.n());
  over.recv();
  st.stop_timer();
  links[0].close();
  wg.wait();
}

template <std::size_t Bytes>
void elements(state& st) {
  using element = std::array<char, Bytes>;
  chan<element> c = make_chan<element>(128);
  burrow::go([c, n = st.n()] {
    element e{};
    e[0] = 1;
    for (std::int64_t i = 0; i < n; ++i) c.send(e);
    c.close();
  });
  std::int64_t got = 0;
  while (auto e = c.recv()) got += (*e)[0];
  if (got != st.n()) fail("Chan: items were lost");
}

void spsc_128(state& st) {
  chan<int> c = make_chan<int>(128);
  burrow::go([c, n = st.n()] {
    for (std::int64_t i = 0; i < n; ++i) c.send(1);
    c.close();
  });
  std::int64_t got = 0;
  while (auto v = c.recv()) got += *v;
  if (got != st.n()) fail("SPSC128: items were lost");
}

void mpmc_128(state& st) {
  constexpr int kSide = 4;
  chan<int> c = make_chan<int>(128);
  std::int64_t got[kSide] = {};
  burrow::wait_group senders;
  burrow::wait_group receivers;
  senders.add(kSide);
  receivers.add(kSide);
  for (int i = 0; i < kSide; ++i) {
    burrow::go([c, &receivers, &total = got[i]] {
      std::int64_t mine = 0;
      while (auto v = c.recv()) mine += *v;
      total = mine;
      receivers.done();
    });
    burrow::go([c, &senders, n = share(st.n(), kSide, i)] {
      for (std::int64_t k = 0; k < n; ++k) c.send(1);
      senders.done();
    });
  }
  senders.wait();
  c.close();
  receivers.wait();
  std::int64_t sum = 0;
  for (std::int64_t g : got) sum += g;
  if (sum != st.n()) fail("MPMC4x4: items were lost");
}

void try_recv_empty(state& st) {
  chan<int> c = make_chan<int>();
  for (std::int64_t i = 0; i < st.n(); ++i) {
    keep(&c);  // look at the channel anew each time
    if (c.try_recv()) fail("TryRecvEmpty: received from an empty channel");
  }
}

// The classical sieve: a filter goroutine for each prime, each reading from
// the one before it. The numbers end at the 2,000th prime, so that all
// goroutines end too.
chan<int> numbers(int last) {
  chan<int> out = make_chan<int>();
  burrow::go([out, last] {
    for (int i = 2; i <= last; ++i) out.send(i);
    out.close();
  });
  return out;
}

chan<int> without_multiples(chan<int> in, int prime) {
  chan<int> out = make_chan<int>();
  burrow::go([in, out, prime] {
    while (auto v = in.recv()) {
      if (*v % prime != 0) out.send(*v);
    }
    out.close();
  });
  return out;
}

void sieve_2000(state& st) {
  for (std::int64_t i = 0; i < st.n(); ++i) {
    chan<int> c = numbers(kLastPrime);
    int prime = 0;
    for (int k = 0; k < kPrimes; ++k) {
      prime = c.recv().value_or(0);
      c = without_multiples(c, prime);
    }
    if (c.recv()) fail("Sieve2000: a number after the last prime");
    if (prime != kLastPrime) fail("Sieve2000: wrong prime");
  }
}

}  // namespace

void add_chan_rows(std::vector<row>& rows) {
  rows.push_back({"PingPong", "round trip over two unbuffered channels",
                  ping_pong, kShort});
  rows.push_back(
      {"Ring1000", "one hop in a ring of 1,000 goroutines", ring_1000, kShort});
  rows.push_back({"SPSC128",
                  "one item from one sender to one receiver, cap 128", spsc_128,
                  kShort});
  rows.push_back({"MPMC4x4", "one item, 4 senders, 4 receivers, cap 128",
                  mpmc_128, kShort});
  rows.push_back(
      {"TryRecvEmpty", "try_recv on an empty channel", try_recv_empty, kPlain});
  rows.push_back(
      {"Chan8B", "as SPSC128, elements of 8 bytes", elements<8>, kPlain});
  rows.push_back(
      {"Chan64B", "as SPSC128, elements of 64 bytes", elements<64>, kPlain});
  rows.push_back(
      {"Chan512B", "as SPSC128, elements of 512 bytes", elements<512>, kPlain});
  rows.push_back({"Chan4096B", "as SPSC128, elements of 4,096 bytes",
                  elements<4096>, kPlain});
  rows.push_back({"Sieve2000", "the first 2,000 primes, a goroutine a prime",
                  sieve_2000, kPlain});
}

}  // namespace bench
