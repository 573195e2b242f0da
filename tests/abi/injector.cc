// tests/abi/injector.cc - one run for each function, call and error.
#include "tests/abi/injector.h"

#include <cstdarg>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>

namespace abibed {

namespace {

constexpr std::size_t kMarks = 4;

struct sight {
  const options& how;
  const std::string& function;
  const outcome& was;  // without errors
};

std::string text(const char* format, ...) {
  char s[400];
  va_list args;
  va_start(args, format);
  vsnprintf(s, sizeof s, format, args);
  va_end(args);
  return s;
}

// What the program said; if it did not come to that, how it ended.
long long resultof(const outcome& r) {
  const std::size_t at = r.output.find("result ");
  return at == std::string::npos ? r.exitcode
                                 : std::stoll(r.output.substr(at + 7));
}

// What is there at the end and was not at the beginning.
std::string left(const outcome& r) {
  const holdings& a = r.marks.front();
  const holdings& b = r.marks.back();
  std::string s;
  const auto differ = [&s](const char* what, std::size_t x, std::size_t y) {
    if (x != y)
      s += text(" %s %+lld", what,
                static_cast<long long>(y) - static_cast<long long>(x));
  };
  differ("maps", a.maps, b.maps);
  differ("bytes mapped", a.mapped, b.mapped);
  differ("descriptors", a.descriptors, b.descriptors);
  differ("threads", a.threads, b.threads);
  differ("children", static_cast<std::size_t>(a.children),
         static_cast<std::size_t>(b.children));
  differ("ports", static_cast<std::size_t>(a.ports),
         static_cast<std::size_t>(b.ports));
  return s;
}

// What is wrong with a run in which a call has failed; empty: nothing.
std::string judge(const sight& s, const outcome& r, const expectation& e,
                  int error) {
  if (r.injected == 0) return "the call was not made again";
  if (e.what == expectation::unknown)
    return r.violation.find("has none of that number") != std::string::npos
               ? ""
               : "no unknown call was made";
  if (!r.violation.empty()) return r.violation;
  if (e.what == expectation::fatal) {
    const bool said = r.output.find("refused") != std::string::npos;
    return r.exitcode == 2 && said ? "" : "no clear end: " + r.output;
  }
  if (r.signal != 0) return text("signal %d", r.signal);
  const long long was = resultof(s.was), now = resultof(r);
  const long long wanted = e.what == expectation::same    ? was
                           : e.what == expectation::value ? e.number
                                                          : -error;
  if (now != wanted || r.output.find("FAILED") != std::string::npos)
    return text("result %lld, not %lld; ", now, wanted) + r.output;
  if (s.was.marks.size() != kMarks) return "";  // it is to end
  if (r.marks.size() != kMarks) return "it did not come to its end";
  // A function that has failed has not changed the mask.
  const std::uint32_t mask = now < 0 ? r.marks[1].mask : s.was.marks[2].mask;
  if (r.marks[2].mask != mask || r.marks[3].mask != r.marks[0].mask)
    return text("signals masked: %08x, %08x", r.marks[2].mask, r.marks[3].mask);
  outcome less = r;
  less.marks[3].ports -= e.ports;
  if (left(less) != left(s.was)) return "left:" + left(less);
  return "";
}

// Calls of which a thread makes as many as it takes: the first three of them.
bool waits(const std::string& call) {
  return call == "thread_switch" || call == "wait4" || call == "select";
}

// The descriptors that a function has made for good: of pollers, which nobody
// closes, the end of the pipe that is read; the pipe that all wakefds share.
int keeps(const options& how, const std::string& function) {
  if (function == "close") return -1;
  if (function.starts_with("wa")) return 2;
  const bool pipe = how.release.os == system::openbsd;
  return function.starts_with("poll") && pipe ? 1 : 0;
}

}  // namespace

injections injecteach(const std::string& program, options how) {
  injections did;
  std::set<std::string> failed;
  how.sockets = true;
  std::istringstream names(run(program, {"inject"}, how).output);
  for (std::string function; names >> function && function != "ok";) {
    how.inject.clear();
    const outcome was = run(program, {"inject", function}, how);
    const sight s{how, function, was};
    did.functions++;
    const auto wrong = [&](const std::string& what) {
      did.wrong.push_back(function + ": " + what);
    };
    if (!was.violation.empty() || was.signal != 0 ||
        was.output.find("FAILED") != std::string::npos) {
      wrong("without an error: " + was.violation + was.output);
      continue;
    }
    if (function != "exitprocess" && was.marks.size() != kMarks) wrong("marks");
    const int kept = keeps(how, function);
    if (function != "exitprocess" &&
        left(was) != (kept != 0 ? text(" descriptors %+d", kept) : ""))
      wrong("left without an error:" + left(was));
    std::map<std::uint32_t, int> counts;
    for (const call& c : was.calls) {
      if (!c.between || !unfailing(how, c.name).empty()) continue;
      const int n = counts[c.nr]++;
      if (waits(c.name) && n >= 3) continue;
      did.calls++;
      const errors all = errorsof(how, function, c.name);
      for (const int error : all.numbers) {
        how.inject = {{c.nr, n, 1, error, all.byvalue, true}};
        const outcome r = run(program, {"inject", function}, how);
        const std::string what =
            judge(s, r, expected(how, function, c.name, n, error), error);
        if (r.injected > 0) failed.insert(c.name);
        did.runs++;
        if (!what.empty() && !(waits(c.name) && r.injected == 0))
          wrong(text("error %d of %s, number %d: ", error, c.name.c_str(), n) +
                what);
      }
    }
  }
  for (const std::string& name : callnames(how))
    if (failed.count(name) == 0 && unfailing(how, name).empty())
      did.wrong.push_back(name + ": never failed");
  return did;
}

}  // namespace abibed
