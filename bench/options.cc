// bench/options.cc - the command line.
#include "bench/options.h"

#include <errno.h>
#include <fmt/core.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace bench {
namespace {

constexpr std::string_view kHelp =
    R"(Measures rows; Go's benchmark text format on stdout.

  --filter REGEX   only rows whose name (as --list prints it) matches
  --procs N,...    numbers of ps to measure at (default 1,2)
  --count N        measurements of each row (default 1)
  --benchtime T    time of a measurement, as 1s or 250ms, or a number of
                   iterations, as 100x (default 1s)
  --timeout T      a measurement that takes longer has failed (default 300s)
  --json FILE      also write the results as JSON
  --table          also print a table for people, on stderr
  --short          the main rows in about ten seconds, with the table
  --growth         the rows at 1 to 1,000,000 goroutines (bench/growth.py)
  --in-process     no process for each measurement (for gdb and callgrind)
  --list           print the rows and what one operation is
)";

[[noreturn]] void bad(const std::string& message) {
  fmt::print(stderr, "{}: {} (--help lists the options)\n",
             program_invocation_short_name, message);
  std::exit(2);
}

// number reads all of `text` as a number above zero.
template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  if (!(value > 0)) return {};
  return value;
}

std::optional<std::chrono::nanoseconds> duration(std::string_view text) {
  struct unit {
    std::string_view name;
    double ns;
  };
  // "ms" stands before "s": the first name that ends the text is taken.
  for (unit u :
       {unit{"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {"s", 1e9}, {"m", 60e9}}) {
    if (!text.ends_with(u.name)) continue;
    text.remove_suffix(u.name.size());
    auto value = number<double>(text);
    if (!value || *value * u.ns > 1e15) return {};
    return std::chrono::nanoseconds(static_cast<std::int64_t>(*value * u.ns));
  }
  return {};
}

benchtime parse_benchtime(std::string_view text) {
  benchtime t;
  if (text.ends_with('x')) {
    auto n = number<std::int64_t>(text.substr(0, text.size() - 1));
    if (n) {
      t.iterations = *n;
      return t;
    }
  } else if (auto d = duration(text)) {
    t.time = *d;
    return t;
  }
  bad(
      fmt::format("--benchtime '{}' is neither a time (1s, 250ms) nor a "
                  "number of iterations (100x)",
                  text));
}

std::vector<int> parse_procs(std::string_view text) {
  std::vector<int> procs;
  for (std::string_view rest = text;;) {
    std::size_t comma = rest.find(',');
    auto n = number<int>(rest.substr(0, comma));
    if (!n || *n > 1024) {
      bad(fmt::format("--procs '{}' is not a list of numbers from 1 to 1024",
                      text));
    }
    procs.push_back(*n);
    if (comma == rest.npos) return procs;
    rest.remove_prefix(comma + 1);
  }
}

std::regex parse_regex(const std::string& text) {
  try {
    return std::regex(text, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& e) {
    bad(fmt::format("--filter '{}' is not a regular expression: {}", text,
                    e.what()));
  }
}

// set_flag handles the options without a value.
bool set_flag(options& o, std::string_view name) {
  if (name == "--list") {
    o.list = true;
  } else if (name == "--table") {
    o.table = true;
  } else if (name == "--short") {
    o.only_short = true;
  } else if (name == "--growth") {
    o.growth = true;
  } else if (name == "--in-process") {
    o.in_process = true;
  } else {
    return false;
  }
  return true;
}

// set_value handles the options with one; `name` is one of takes_value's.
void set_value(options& o, std::string_view name, const std::string& value) {
  if (name == "--filter") {
    o.filter = parse_regex(value);
  } else if (name == "--procs") {
    o.procs = parse_procs(value);
  } else if (name == "--benchtime") {
    o.time = parse_benchtime(value);
  } else if (name == "--json") {
    o.json = value;
  } else if (name == "--count") {
    auto n = number<int>(value);
    if (!n) bad(fmt::format("--count '{}' is not a number above 0", value));
    o.count = *n;
  } else {
    auto d = duration(value);
    if (!d || *d < std::chrono::seconds(1)) {
      bad(fmt::format("--timeout '{}' is not a time of 1s or more", value));
    }
    o.timeout_s = static_cast<int>(d->count() / 1'000'000'000);
  }
}

bool takes_value(std::string_view name) {
  for (std::string_view known : {"--filter", "--procs", "--benchtime", "--json",
                                 "--count", "--timeout"}) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace

options parse_options(int argc, char** argv) {
  options o;
  bool has_benchtime = false;
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i];
    if (arg == "--help" || arg == "-h") {
      fmt::print("{}", kHelp);
      std::exit(0);
    }
    if (set_flag(o, arg)) continue;
    std::size_t equals = arg.find('=');
    std::string name = arg.substr(0, equals);
    if (!takes_value(name)) bad(fmt::format("unknown option '{}'", arg));
    std::string value;
    if (equals != arg.npos) {
      value = arg.substr(equals + 1);
    } else if (++i < argc) {
      value = argv[i];
    } else {
      bad(fmt::format("{} wants a value", name));
    }
    if (value.empty()) bad(fmt::format("{} wants a value", name));
    set_value(o, name, value);
    has_benchtime = has_benchtime || name == "--benchtime";
  }
  if (o.only_short) {
    o.table = true;
    if (!has_benchtime) o.time.time = std::chrono::milliseconds(100);
  }
  return o;
}

}  // namespace bench
