// burrow/error.h - the errors that burrow reports to its users.
//
// What Go panics on is a panic_error thrown on the calling goroutine. What Go
// returns as an error value is a std::error_code of category burrow, made from
// errc. Misuse that Go answers with a "fatal error" ends the process with exit
// code 2 and has no C++ type.
#pragma once

#include <stdexcept>
#include <system_error>
#include <type_traits>

namespace burrow {

// panic_error is thrown where Go panics; what() is Go's text.
class panic_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// errc are the error values of context, semaphore and the netpoller. Each is
// equivalent (==) to a std::errc: operation_canceled, timed_out and
// bad_file_descriptor, in this order.
enum class errc { canceled = 1, deadline_exceeded = 2, closed = 3 };

// burrow_category is the category of errc; its name() is "burrow".
const std::error_category& burrow_category() noexcept;

inline std::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), burrow_category()};
}

}  // namespace burrow

template <>
struct std::is_error_code_enum<burrow::errc> : std::true_type {};
