// tests/fuzz/replay.cc - runs a fuzz target on kept inputs, with any compiler.
//
//   NAME_fuzz FILE-OR-FOLDER...
//
// Each file, and each part of it from the start: an input that stops early is one
// that parsers forget. Exit code 1: there was none.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace {

namespace fs = std::filesystem;

void replay(const fs::path& file) {
  std::printf("%s\n", file.filename().c_str());
  std::fflush(stdout);  // the last one named is the one that fails
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> all{std::istreambuf_iterator<char>(in), {}};
  constexpr std::size_t kCuts = 300;
  const std::size_t step = all.size() / kCuts + 1;
  for (std::size_t n = 0; n < all.size(); n += step) {
    // In memory of its own size, for the address sanitizer.
    const std::vector<std::uint8_t> part(all.begin(),
                                         all.begin() + static_cast<long>(n));
    LLVMFuzzerTestOneInput(part.data(), part.size());
  }
  const std::vector<std::uint8_t> whole(all.begin(), all.end());
  LLVMFuzzerTestOneInput(whole.data(), whole.size());
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    if (fs::is_regular_file(argv[i])) {
      replay(argv[i]);
      ++files;
      continue;
    }
    for (const auto& f : fs::recursive_directory_iterator(argv[i])) {
      if (!f.is_regular_file()) continue;
      replay(f.path());
      ++files;
    }
  }
  std::printf("%d inputs\n", files);
  return files > 0 ? 0 : 1;
}
