// examples/httpd/debug_page.h - the scheduler, to be looked at in a browser.
//
// The page asks for its figures once a second by a few lines of script that stand
// in it; without scripts it loads itself anew. It names nothing outside, and its
// Content-Security-Policy forbids it to.
#pragma once

#include "examples/httpd/site.h"

namespace httpd {

void debug_page(exchange& x, const site& s);     // all of it
void debug_figures(exchange& x, const site& s);  // the tables
void debug_dump(exchange& x);  // every goroutine, as plain text

}  // namespace httpd
