// bench/select.cc - rows: select of 4 receives, a sender behind each.
#include "burrow/select.h"

#include <array>

#include "bench/bench.h"
#include "burrow/chan.h"
#include "burrow/go.h"

namespace bench {
namespace {

void select_4(state& st, std::size_t capacity) {
  std::array<burrow::chan<int>, 4> c;
  for (std::size_t i = 0; i < c.size(); ++i) {
    c[i] = burrow::make_chan<int>(capacity);
    std::int64_t n = share(st.n(), 4, static_cast<std::int64_t>(i));
    burrow::go([out = c[i], n] {
      for (std::int64_t k = 0; k < n; ++k) out.send(1);
    });
  }
  std::int64_t sum = 0;
  std::optional<int> v;
  for (std::int64_t k = 0; k < st.n(); ++k) {
    burrow::select(burrow::recv(c[0], v), burrow::recv(c[1], v),
                   burrow::recv(c[2], v), burrow::recv(c[3], v));
    sum += v.value_or(0);
  }
  if (sum != st.n()) fail("Select4: items were lost");
}

void select_unbuffered(state& st) { select_4(st, 0); }
void select_buffered(state& st) { select_4(st, 128); }

}  // namespace

void add_select_rows(std::vector<row>& rows) {
  rows.push_back({"Select4", "select of 4 unbuffered channels, per item",
                  select_unbuffered, kShort});
  rows.push_back({"Select4Buffered",
                  "select of 4 channels of cap 128, per item", select_buffered,
                  kPlain});
}

}  // namespace bench
