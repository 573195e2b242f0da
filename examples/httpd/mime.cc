// examples/httpd/mime.cc - see mime.h.

#include "examples/httpd/mime.h"

#include <strings.h>

namespace httpd {

std::string_view type_of(std::string_view name) noexcept {
  struct kind {
    std::string_view suffix, type;
  };
  static constexpr kind kKinds[] = {
      {".html", "text/html; charset=utf-8"},
      {".htm", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".txt", "text/plain; charset=utf-8"},
      {".md", "text/markdown; charset=utf-8"},
      {".csv", "text/csv; charset=utf-8"},
      {".xml", "text/xml; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".webp", "image/webp"},
      {".avif", "image/avif"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".wasm", "application/wasm"},
      {".pdf", "application/pdf"},
      {".mp4", "video/mp4"},
      {".webm", "video/webm"},
      {".mp3", "audio/mpeg"},
      {".ogg", "audio/ogg"},
      {".gz", "application/gzip"},
      {".zip", "application/zip"},
  };
  const std::size_t dot = name.rfind('.');
  if (dot != name.npos) {
    const std::string_view suffix = name.substr(dot);
    for (const kind& k : kKinds)
      if (k.suffix.size() == suffix.size() &&
          strncasecmp(k.suffix.data(), suffix.data(), suffix.size()) == 0)
        return k.type;
  }
  return "application/octet-stream";
}

}  // namespace httpd
