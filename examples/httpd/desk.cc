// examples/httpd/desk.cc - see desk.h.

#include "examples/httpd/desk.h"

namespace httpd {

namespace {

burrow::pool<desk> desks;

}  // namespace

desk_pointer take_desk() {
  desk_pointer d = desks.get();
  d->parse.begin();
  return d;
}

}  // namespace httpd
