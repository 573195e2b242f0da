// runtime/context/error.cc - the category of burrow::errc.

#include "burrow/error.h"

#include <string>

namespace burrow {
namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "burrow"; }

  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::canceled:
        return "context canceled";
      case errc::deadline_exceeded:
        return "context deadline exceeded";
      case errc::closed:
        return "use of closed file or network connection";
    }
    return "unknown burrow error " + std::to_string(value);
  }

  std::error_condition default_error_condition(
      int value) const noexcept override {
    switch (static_cast<errc>(value)) {
      case errc::canceled:
        return std::errc::operation_canceled;
      case errc::deadline_exceeded:
        return std::errc::timed_out;
      case errc::closed:
        return std::errc::bad_file_descriptor;
    }
    return {value, *this};
  }
};

}  // namespace

const std::error_category& burrow_category() noexcept {
  // Never destroyed: error codes are compared by static destructors, too.
  static const category& instance = *new category;
  return instance;
}

}  // namespace burrow
