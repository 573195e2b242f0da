// tests/fuzz/resp_fuzz.cc - requests of the kv example, whole and in pieces.
//
// The first byte says how long the pieces are; the rest is what a client sends.
// Whatever the pieces, the same requests must come out, or the same error after the
// same requests; arguments lie within the bounds; the parser goes on.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "examples/kv/resp.h"

namespace {

using kv::request_parser;

struct outcome {
  std::vector<std::vector<std::string>> requests;
  std::string error;
  std::size_t rest = 0;  // bytes of a request that is not complete
  bool operator==(const outcome&) const = default;
};

// Each piece comes with what is pending to memory of its own, so that a view of
// earlier memory, or one beyond what has come, is found by the address sanitizer.
outcome in_pieces(std::string_view all, std::size_t size) {
  outcome r;
  request_parser p;
  std::string pending;
  while (!all.empty()) {
    std::vector<char> now(pending.begin(), pending.end());
    const std::string_view piece = all.substr(0, size);
    now.insert(now.end(), piece.begin(), piece.end());
    now.shrink_to_fit();
    all.remove_prefix(piece.size());
    std::string_view in(now.data(), now.size());
    for (;;) {
      const request_parser::status s = p.parse(in);
      if (s == request_parser::status::bad) {
        r.error = p.error();
        return r;
      }
      if (s == request_parser::status::incomplete) break;
      if (p.size() == 0 || p.size() > in.size()) std::abort();
      r.requests.emplace_back(p.argv().begin(), p.argv().end());
      in.remove_prefix(p.size());
    }
    pending = in;
  }
  r.rest = pending.size();
  return r;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data) + 1, size - 1);
  const outcome whole = in_pieces(all, all.size() + 1);
  // Every piece copies what is pending: long inputs come in longer ones.
  const std::size_t piece = 1 + data[0] % 16u + size / 256;
  if (whole != in_pieces(all, piece)) std::abort();
  if (size <= 512 && whole != in_pieces(all, 1)) std::abort();
  return 0;
}
