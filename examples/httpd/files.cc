// examples/httpd/files.cc - see files.h.

#include "examples/httpd/files.h"

#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "burrow/syscalls.h"
#include "examples/httpd/date.h"
#include "examples/httpd/mime.h"
#include "examples/httpd/path.h"
#include "examples/httpd/range.h"

namespace httpd {

namespace {

struct found {
  burrow::fd file;
  struct stat about {};
};

// look opens a file; the system may have to read its disk for that.
found look(int folder, const std::string& path) {
  found f;
  int error = 0;
  const int n = burrow::blocking([&] {
    const int file = open_below(folder, path.empty() ? "." : path);
    if (file >= 0 && fstat(file, &f.about) != 0) error = errno;
    return file;
  });
  if (n >= 0) f.file = burrow::fd(n);
  if (error != 0) f.about.st_mode = 0;
  return f;
}

bool changed_since(const struct stat& about, std::string_view date) {
  const auto t = parse_date(date);
  return !t || about.st_mtim.tv_sec > *t;
}

// Part of the file is only good for who has the rest of this very version.
range wanted(const request& r, const struct stat& about) {
  const auto size = static_cast<std::uint64_t>(about.st_size);
  if (r.range.empty() || r.method != verb::get) return {};
  if (!r.if_range.empty()) {
    const auto t = parse_date(r.if_range);
    if (!t || *t != about.st_mtim.tv_sec) return {};
  }
  return parse_range(r.range, size);
}

void send(exchange& x, found& f, std::string_view type) {
  char date[kDateSize];
  format_date(f.about.st_mtim.tv_sec, date);
  std::string extra = "Last-Modified: ";
  extra.append(date, kDateSize).append("\r\nAccept-Ranges: bytes\r\n");
  const request& r = x.asked();
  if (!r.if_modified_since.empty() &&
      !changed_since(f.about, r.if_modified_since))
    return x.begin(304, {}, 0, extra);

  const auto size = static_cast<std::uint64_t>(f.about.st_size);
  range part = wanted(r, f.about);
  int status = 200;
  if (part.what == range::kind::unsatisfiable) {
    extra += "Content-Range: bytes */" + std::to_string(size) + "\r\n";
    return x.refuse(416, extra);
  }
  if (part.what == range::kind::whole) {
    part.size = size;
  } else {
    status = 206;
    extra += "Content-Range: bytes " + std::to_string(part.first) + "-" +
             std::to_string(part.first + part.size - 1) + "/" +
             std::to_string(size) + "\r\n";
  }
  x.begin(status, type, part.size, extra);
  if (part.size != 0) x.send_file(f.file, part.first, part.size);
}

}  // namespace

void serve_file(exchange& x, int folder) {
  const request& r = x.asked();
  auto path = decode_path(r.path);
  if (!path) return x.refuse(404);
  found f = look(folder, *path);
  if (f.file && S_ISDIR(f.about.st_mode)) {
    if (!path->empty() && !path->ends_with('/')) {
      // As the client wrote it, so that relative links in the page are right.
      std::string where = "Location: /";
      where.append(r.path.substr(r.path.find_first_not_of('/')));
      return x.refuse(301, where + "/\r\n");
    }
    *path += "index.html";
    f = look(folder, *path);
  }
  if (!f.file || !S_ISREG(f.about.st_mode)) return x.refuse(404);
  send(x, f, type_of(*path));
}

}  // namespace httpd
