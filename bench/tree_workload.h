// bench/tree_workload.h - what the rows of fork and join compute, the same in
// every C++ program: queens, matrices, a sort, an unbalanced tree.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/workload.h"

namespace bench {

constexpr int kQueens = 8;
constexpr std::int64_t kQueensSolutions = 92;

// board has a queen in each row above `row`; the masks say what they reach there.
struct board {
  int row = 0;
  std::uint32_t columns = 0;
  std::uint32_t down = 0;
  std::uint32_t up = 0;

  bool is_free(int column) const {
    return ((columns | down | up) >> column & 1u) == 0;
  }
  board with(int column) const {
    std::uint32_t queen = 1u << column;
    return {row + 1, columns | queen, (down | queen) << 1, (up | queen) >> 1};
  }
};

constexpr std::size_t kMatmulSize = 512;
constexpr std::size_t kMatmulLeaf = 32;

// block is a square part of a matrix.
struct block {
  double* at;
  std::size_t size;

  double* line(std::size_t i) const { return at + i * kMatmulSize; }
  block quarter(int down, int right) const {
    std::size_t half = size / 2;
    return {line(half * static_cast<std::size_t>(down)) +
                half * static_cast<std::size_t>(right),
            half};
  }
};

inline void multiply_add(block c, block a, block b) {
  for (std::size_t i = 0; i < c.size; ++i) {
    for (std::size_t k = 0; k < c.size; ++k) {
      double factor = a.line(i)[k];
      for (std::size_t j = 0; j < c.size; ++j) {
        c.line(i)[j] += factor * b.line(k)[j];
      }
    }
  }
}

// matrices are two of small numbers and their product.
class matrices {
 public:
  matrices() {
    for (std::size_t i = 0; i < a_.size(); ++i) {
      a_[i] = static_cast<double>(scramble(i + 1) % 10);
      b_[i] = static_cast<double>(scramble(i + 2) % 10);
    }
  }
  block a() { return {a_.data(), kMatmulSize}; }
  block b() { return {b_.data(), kMatmulSize}; }
  block c() { return {c_.data(), kMatmulSize}; }
  void clear() { std::fill(c_.begin(), c_.end(), 0.0); }

  // right looks at one number of each line.
  bool right() {
    for (std::size_t i = 0; i < kMatmulSize; ++i) {
      std::size_t j = (i * 7) % kMatmulSize;
      double sum = 0;
      for (std::size_t k = 0; k < kMatmulSize; ++k) {
        sum += a().line(i)[k] * b().line(k)[j];
      }
      if (sum != c().line(i)[j]) return false;
    }
    return true;
  }

 private:
  std::vector<double> a_ = std::vector<double>(kMatmulSize * kMatmulSize);
  std::vector<double> b_ = a_;
  std::vector<double> c_ = a_;
};

constexpr std::size_t kSortCount = 1'000'000;
constexpr std::size_t kSortLeaf = 1'000;

inline std::vector<int> unsorted() {
  std::vector<int> numbers(kSortCount);
  for (std::size_t i = 0; i < kSortCount; ++i) {
    numbers[i] = static_cast<int>(scramble(i + 1) % kSortCount);
  }
  return numbers;
}

inline void merge_halves(int* from, int* spare, std::size_t half,
                         std::size_t count) {
  std::merge(from, from + half, from + half, from + count, spare);
  std::copy(spare, spare + count, from);
}

// An unbalanced tree: 8 children down to depth 3, then 4 or mostly none.
constexpr std::size_t kUtsMost = 8;
constexpr std::uint64_t kUtsRoot = 1;
constexpr std::int64_t kUtsNodes = 71'257;

constexpr int uts_children(std::uint64_t node, int depth) {
  if (depth < 3) return 8;
  return scramble(node) % 10'000 < 2'475 ? 4 : 0;
}
constexpr std::uint64_t uts_child(std::uint64_t node, int i) {
  return scramble(node * 8 + static_cast<std::uint64_t>(i) + 1);
}

}  // namespace bench
