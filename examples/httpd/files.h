// examples/httpd/files.h - static files.
#pragma once

#include "examples/httpd/exchange.h"

namespace httpd {

// serve_file answers GET and HEAD of a file below the folder: its type by its
// name, its size, Last-Modified; If-Modified-Since; one Range, with If-Range. A
// folder is its index.html. What is no regular file, cannot be read, or leads out
// of the folder is not found.
void serve_file(exchange& x, int folder);

}  // namespace httpd
