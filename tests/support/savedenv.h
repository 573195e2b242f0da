// tests/support/savedenv.h - a variable of the environment that a test changes.
#pragma once

#include <cstdlib>
#include <string>

namespace burrow::testsupport {

// savedenv gives a variable its value back when it is destroyed.
class savedenv {
 public:
  explicit savedenv(const char* name) : name_(name) {
    if (const char* text = std::getenv(name)) was_ = text;
  }
  ~savedenv() {
    ::unsetenv(name_);
    if (!was_.empty()) ::setenv(name_, was_.c_str(), 1);
  }
  savedenv(const savedenv&) = delete;
  savedenv& operator=(const savedenv&) = delete;

  // was is the value before; "" if there was none.
  const std::string& was() const { return was_; }

 private:
  const char* name_;
  std::string was_;
};

}  // namespace burrow::testsupport
