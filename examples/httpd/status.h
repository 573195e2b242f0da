// examples/httpd/status.h - status codes.
#pragma once

#include <string_view>

namespace httpd {

// status_text is "404 Not Found" for 404. Context: any.
std::string_view status_text(int status) noexcept;

}  // namespace httpd
