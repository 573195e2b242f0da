// bench/report.cc - the three forms of the results.
#include "bench/report.h"

#include <errno.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

namespace bench {
namespace {

constexpr const char* kGoos = "linux";
#if defined(__i386__)
constexpr const char* kGoarch = "386";
#elif defined(__aarch64__)
constexpr const char* kGoarch = "arm64";
#else
constexpr const char* kGoarch = "amd64";
#endif
constexpr const char* kPackage = "burrow/bench";

// cpu_model is the processor's name as the kernel gives it.
std::string cpu_model() {
  std::ifstream in("/proc/cpuinfo");
  std::string line;
  while (std::getline(in, line)) {
    if (line.rfind("model name", 0) != 0) continue;
    std::size_t colon = line.find(": ");
    if (colon != line.npos) return line.substr(colon + 2);
  }
  return "unknown";
}

// go_number prints a value as Go's testing does: four digits and ten columns.
std::string go_number(double x) {
  double y = std::fabs(x);
  int decimals = 7;
  if (y == 0 || y >= 999.95) {
    decimals = 0;
  } else if (y >= 99.995) {
    decimals = 1;
  } else if (y >= 9.9995) {
    decimals = 2;
  } else if (y >= 0.99995) {
    decimals = 3;
  } else if (y >= 0.099995) {
    decimals = 4;
  } else if (y >= 0.0099995) {
    decimals = 5;
  } else if (y >= 0.00099995) {
    decimals = 6;
  }
  return fmt::format("{:{}.{}f}", x, decimals == 0 ? 10 : 11 + decimals,
                     decimals);
}

// human prints nanoseconds in the unit that suits them.
std::string human(double ns) {
  if (ns < 1e3) return fmt::format("{:.1f} ns", ns);
  if (ns < 1e6) return fmt::format("{:.2f} us", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.1f} ms", ns / 1e6);
  return fmt::format("{:.2f} s", ns / 1e9);
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string json_outcome(const outcome& o) {
  std::string metrics;
  for (const measure& m : o.res.measures) {
    metrics += fmt::format("{}{}: {}", metrics.empty() ? "" : ", ",
                           json_string(m.unit), m.value);
  }
  return fmt::format(
      "{{\"name\": {}, \"row\": {}, \"procs\": {}, \"iterations\": {}, "
      "\"error\": {}, \"metrics\": {{{}}}}}",
      json_string(o.full_name()), json_string(o.name), o.procs,
      o.res.iterations, o.error.empty() ? "null" : json_string(o.error),
      metrics);
}

// other_figures are a row's own metrics, for the last column of the table.
std::string other_figures(const result& res) {
  std::string out;
  for (const measure& m : res.measures) {
    if (m.unit == "ns/op" || m.unit == "cpu-ns/op") continue;
    out += fmt::format("{}{:.4g} {}", out.empty() ? "" : ", ", m.value, m.unit);
  }
  return out;
}

}  // namespace

std::string outcome::full_name() const {
  std::string text = fmt::format("Benchmark{}/procs={}", name, procs);
  if (default_procs > 1) text += fmt::format("-{}", default_procs);
  return text;
}

void print_header() {
  fmt::print("goos: {}\ngoarch: {}\npkg: {}\ncpu: {}\n", kGoos, kGoarch,
             kPackage, cpu_model());
  std::fflush(stdout);
}

void print_line(const outcome& o) {
  if (!o.error.empty()) {
    fmt::print("--- FAIL: {}: {}\n", o.full_name(), o.error);
  } else {
    std::string line =
        fmt::format("{:<36}\t{:>8}", o.full_name(), o.res.iterations);
    for (const measure& m : o.res.measures) {
      line += fmt::format("\t{} {}", go_number(m.value), m.unit);
    }
    fmt::print("{}\n", line);
  }
  std::fflush(stdout);
}

void print_table(const std::vector<outcome>& all) {
  fmt::print(stderr, "\n{:<18} {:>5} {:>11} {:>11}  {}\n", "row", "procs",
             "time", "processor", "besides");
  for (const outcome& o : all) {
    if (!o.error.empty()) {
      fmt::print(stderr, "{:<18} {:>5} {}\n", o.name, o.procs, o.error);
      continue;
    }
    const measure* wall = o.res.find("ns/op");
    const measure* cpu = o.res.find("cpu-ns/op");
    fmt::print(stderr, "{:<18} {:>5} {:>11} {:>11}  {}\n", o.name, o.procs,
               human(wall->value), human(cpu->value), other_figures(o.res));
  }
}

bool write_json(const std::string& path, const std::vector<outcome>& all) {
  std::ofstream out(path);
  out << fmt::format(
      "{{\"goos\": \"{}\", \"goarch\": \"{}\", \"pkg\": \"{}\", "
      "\"cpu\": {},\n \"results\": [",
      kGoos, kGoarch, kPackage, json_string(cpu_model()));
  for (std::size_t i = 0; i < all.size(); ++i) {
    out << (i == 0 ? "\n  " : ",\n  ") << json_outcome(all[i]);
  }
  out << "\n ]}\n";
  out.close();
  if (out) return true;
  fmt::print(stderr, "{}: cannot write {}\n", program_invocation_short_name,
             path);
  return false;
}

}  // namespace bench
