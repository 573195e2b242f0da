// examples/httpd/mime.h - what kind of file a name stands for.
#pragma once

#include <string_view>

namespace httpd {

// type_of is the Content-Type for a file's name. Context: any.
std::string_view type_of(std::string_view name) noexcept;

}  // namespace httpd
