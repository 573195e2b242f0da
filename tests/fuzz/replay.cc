// tests/fuzz/replay.cc - runs a fuzzer's entry on kept inputs, with any compiler.
//
//   http_fuzz FILE|FOLDER...

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace {

void replay(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  std::printf("%s\n", file.filename().c_str());
  std::fflush(stdout);  // the last one named is the one that fails
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                         bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t n = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      replay(argv[i]);
      ++n;
      continue;
    }
    for (const auto& file : std::filesystem::directory_iterator(argv[i])) {
      replay(file.path());
      ++n;
    }
  }
  std::printf("%zu inputs\n", n);
  return n == 0 ? 1 : 0;
}
