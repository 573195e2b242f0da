// runtime/exec/environment.cc - as Go's os/exec has it.

#include "runtime/exec/environment.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unordered_set>

namespace burrow::exec {

namespace {

// The last of each name, in the order of these. What is no variable stays; an empty
// text goes.
std::vector<std::string> withoutdoubles(const std::vector<std::string>& all) {
  std::vector<std::string> kept;
  std::unordered_set<std::string_view> names;
  for (auto v = all.rbegin(); v != all.rend(); ++v) {
    const std::size_t equals = v->find('=');
    const auto name = std::string_view(*v).substr(0, equals);
    if (equals == v->npos ? !v->empty() : names.insert(name).second)
      kept.push_back(*v);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

}  // namespace

std::optional<std::vector<std::string>> environment(
    const std::optional<std::vector<std::string>>& given,
    const std::string& folder) {
  if (given) return withoutdoubles(*given);
  if (folder.empty()) return std::nullopt;
  std::vector<std::string> ours;
  for (char** v = environ; v != nullptr && *v != nullptr; ++v)
    ours.emplace_back(*v);
  std::error_code ec;
  const auto pwd = std::filesystem::absolute(folder, ec);
  if (!ec) ours.push_back("PWD=" + pwd.string());
  return withoutdoubles(ours);
}

}  // namespace burrow::exec
