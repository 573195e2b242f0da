// runtime/io/error.h - from results of descriptors to what users see.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>

#include "burrow/fd.h"
#include "runtime/io/descriptor.h"

namespace burrow {

// fd_access makes and opens up the public handles.
struct fd_access {
  static fd make(rt::descriptor* d) noexcept { return fd(d); }
  static rt::descriptor* of(const fd& f) noexcept { return f.d_; }
};

}  // namespace burrow

namespace burrow::rt {

// ioerror: r is of descriptor.h; >= 0 is no error.
std::error_code ioerror(std::int64_t r) noexcept;

// throwio throws std::system_error: "read tcp 127.0.0.1:5->127.0.0.1:80: ...".
// d may be null: then only the operation is named.
[[noreturn]] void throwio(descriptor* d, const char* op, std::int64_t r);

// throwcopy is throwio for a copy, of which either side may be the cause.
[[noreturn]] void throwcopy(descriptor* to, descriptor* from, std::int64_t r);

// makefd owns n, which is ours and does not block: ioway::polled or ioway::socket.
// Throws; n is closed then.
fd makefd(int n, ioway way, bool stream);

}  // namespace burrow::rt
