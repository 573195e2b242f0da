// burrow/error.h - the errors that burrow reports to its users.
//
// What Go panics on is a panic_error thrown on the calling goroutine. What Go
// returns as an error value is a std::error_code of category burrow, made from
// errc. Misuse that Go answers with a "fatal error" ends the process with exit
// code 2 and has no C++ type.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <system_error>
#include <type_traits>

namespace burrow {

// panic_error is thrown where Go panics; what() is Go's text.
class panic_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// fault_error is thrown at an instruction that faulted in a goroutine's own code,
// where that can be: it was compiled with -fnon-call-exceptions, or lies in a
// function called from a try block. Else it is a panic.
class fault_error : public panic_error {
 public:
  fault_error(const char* what, int signal, int code, std::uintptr_t address,
              std::uintptr_t pc)
      : panic_error(what),
        signal_(signal),
        code_(code),
        address_(address),
        pc_(pc) {}

  int signal() const noexcept { return signal_; }  // SIGSEGV, SIGBUS, SIGFPE
  int code() const noexcept { return code_; }      // siginfo's si_code
  std::uintptr_t address() const noexcept { return address_; }  // accessed
  std::uintptr_t pc() const noexcept { return pc_; }  // the instruction

 private:
  int signal_;
  int code_;
  std::uintptr_t address_;
  std::uintptr_t pc_;
};

// memory_fault is SIGSEGV and SIGBUS, arithmetic_fault SIGFPE.
class memory_fault : public fault_error {
 public:
  using fault_error::fault_error;
};
class arithmetic_fault : public fault_error {
 public:
  using fault_error::fault_error;
};

// errc are the error values of context, semaphore and the netpoller. Each is
// equivalent (==) to a std::errc: operation_canceled, timed_out and
// bad_file_descriptor, in this order.
enum class errc { canceled = 1, deadline_exceeded = 2, closed = 3 };

// burrow_category is the category of errc; its name() is "burrow".
const std::error_category& burrow_category() noexcept;

// make_error_code is for std::error_code's own use: `ec == errc::closed`.
inline std::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), burrow_category()};
}

}  // namespace burrow

template <>
struct std::is_error_code_enum<burrow::errc> : std::true_type {};
