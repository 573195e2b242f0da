// bench/select.cc - rows: select of some receives, a sender behind each.
#include "burrow/select.h"

#include <array>
#include <utility>

#include "bench/bench.h"
#include "burrow/chan.h"
#include "burrow/go.h"

namespace bench {
namespace {

template <std::size_t... I>
std::int64_t receive_all(const auto& c, std::int64_t n,
                         std::index_sequence<I...>) {
  std::int64_t sum = 0;
  std::optional<int> v;
  for (std::int64_t k = 0; k < n; ++k) {
    burrow::select(burrow::recv(c[I], v)...);
    sum += v.value_or(0);
  }
  return sum;
}

template <std::size_t Cases, std::size_t Capacity>
void select_of(state& st) {
  std::array<burrow::chan<int>, Cases> c;
  for (std::size_t i = 0; i < Cases; ++i) {
    c[i] = burrow::make_chan<int>(Capacity);
    std::int64_t n = share(st.n(), Cases, static_cast<std::int64_t>(i));
    burrow::go([out = c[i], n] {
      for (std::int64_t k = 0; k < n; ++k) out.send(1);
    });
  }
  if (receive_all(c, st.n(), std::make_index_sequence<Cases>{}) != st.n()) {
    fail("Select: items were lost");
  }
}

}  // namespace

void add_select_rows(std::vector<row>& rows) {
  rows.push_back({"Select4", "select of 4 unbuffered channels, per item",
                  select_of<4, 0>, kShort});
  rows.push_back({"Select4Buffered",
                  "select of 4 channels of cap 128, per item",
                  select_of<4, 128>, kPlain});
  rows.push_back({"Select2", "select of 2 unbuffered channels, per item",
                  select_of<2, 0>, kPlain});
  rows.push_back({"Select16", "select of 16 unbuffered channels, per item",
                  select_of<16, 0>, kPlain});
  rows.push_back({"Select64", "select of 64 unbuffered channels, per item",
                  select_of<64, 0>, kPlain});
}

}  // namespace bench
