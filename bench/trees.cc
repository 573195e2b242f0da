// bench/trees.cc - rows: fork and join as programs have it.
//
// A goroutine for each child; matmul and mergesort call the last in place.
#include <algorithm>
#include <array>
#include <vector>

#include "bench/bench.h"
#include "bench/tree_workload.h"
#include "burrow/sync.h"

namespace bench {
namespace {

std::int64_t queens(board b) {
  if (b.row == kQueens) return 1;
  std::array<std::int64_t, kQueens> found{};
  burrow::wait_group wg;
  for (int column = 0; column < kQueens; ++column) {
    if (!b.is_free(column)) continue;
    wg.go([&slot = found[static_cast<std::size_t>(column)],
           next = b.with(column)] { slot = queens(next); });
  }
  wg.wait();
  std::int64_t sum = 0;
  for (std::int64_t f : found) sum += f;
  return sum;
}

void nqueens(state& st) {
  for (std::int64_t i = 0; i < st.n(); ++i) {
    if (queens({}) != kQueensSolutions) fail("NQueens: wrong number");
  }
}

// product adds a * b to c: two rounds of four quarters.
void product(block c, block a, block b) {
  if (c.size <= kMatmulLeaf) {
    multiply_add(c, a, b);
    return;
  }
  for (int k = 0; k < 2; ++k) {
    burrow::wait_group wg;
    for (int q = 0; q < 3; ++q) {
      wg.go([=] {
        product(c.quarter(q / 2, q % 2), a.quarter(q / 2, k),
                b.quarter(k, q % 2));
      });
    }
    product(c.quarter(1, 1), a.quarter(1, k), b.quarter(k, 1));
    wg.wait();
  }
}

void matmul(state& st) {
  matrices m;
  for (std::int64_t i = 0; i < st.n(); ++i) {
    m.clear();
    product(m.c(), m.a(), m.b());
    if (!m.right()) fail("Matmul: wrong product");
  }
}

void sort_range(int* from, int* spare, std::size_t count) {
  if (count <= kSortLeaf) {
    std::sort(from, from + count);
    return;
  }
  std::size_t half = count / 2;
  burrow::wait_group wg;
  wg.go([=] { sort_range(from, spare, half); });
  sort_range(from + half, spare + half, count - half);
  wg.wait();
  merge_halves(from, spare, half, count);
}

void mergesort(state& st) {
  std::vector<int> spare(kSortCount);
  for (std::int64_t i = 0; i < st.n(); ++i) {
    std::vector<int> numbers = unsorted();
    sort_range(numbers.data(), spare.data(), numbers.size());
    if (!std::is_sorted(numbers.begin(), numbers.end())) {
      fail("Mergesort: not sorted");
    }
  }
}

std::int64_t uts_nodes(std::uint64_t node, int depth) {
  int children = uts_children(node, depth);
  if (children == 0) return 1;
  std::array<std::int64_t, kUtsMost> sums{};
  burrow::wait_group wg;
  for (int i = 0; i < children; ++i) {
    wg.go([&slot = sums[static_cast<std::size_t>(i)],
           child = uts_child(node, i),
           depth] { slot = uts_nodes(child, depth + 1); });
  }
  wg.wait();
  std::int64_t sum = 1;
  for (std::int64_t s : sums) sum += s;
  return sum;
}

void uts(state& st) {
  for (std::int64_t i = 0; i < st.n(); ++i) {
    if (uts_nodes(kUtsRoot, 0) != kUtsNodes) fail("UTS: wrong size");
  }
}

}  // namespace

void add_tree_rows(std::vector<row>& rows) {
  rows.push_back({"NQueens8", "all solutions for 8 queens, a goroutine a queen",
                  nqueens, kPlain});
  rows.push_back({"Matmul512",
                  "product of two matrices of 512 x 512, leaves of"
                  " 32 x 32",
                  matmul, kPlain});
  rows.push_back({"Mergesort1M", "sort of 1,000,000 numbers, leaves of 1,000",
                  mergesort, kPlain});
  rows.push_back(
      {"UTS", "an unbalanced tree, a goroutine a node", uts, kPlain});
}

}  // namespace bench
