// examples/httpd/path.h - from a URL's path to a file below a folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace httpd {

// decode_path undoes the percent encoding, and drops the first '/'. Nothing: it is
// no path of ours: broken encoding, a zero byte, or a part that begins with a dot
// (hidden files, and the ways up).
std::optional<std::string> decode_path(std::string_view path);

// open_folder opens a folder for open_below. Errors  std::system_error.
int open_folder(const std::string& path);

// open_below opens a file for reading, below a folder and nowhere else: the kernel
// refuses what leads out, symbolic links included, however the folder changes
// meanwhile. -errno if it cannot.
//
// Rejected: realpath() and a comparison of beginnings, as somebody may put a
// link in between the two and the open.
int open_below(int folder, const std::string& path) noexcept;

}  // namespace httpd
