// examples/httpd/parser.cc - see parser.h.
//
// llhttp is strict (version 8 is compiled so, later ones are unless told otherwise):
// a message with both lengths, a bare newline in a head, a space before a colon are
// errors.

#include "examples/httpd/parser.h"

#include <llhttp.h>
#include <strings.h>

#include <algorithm>
#include <cstring>

namespace httpd {

namespace {

// extend makes text longer by a piece that follows it in memory.
void extend(std::string_view& text, const char* at, std::size_t n) noexcept {
  text = text.empty() ? std::string_view(at, n)
                      : std::string_view(text.data(), text.size() + n);
}

bool same(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view s) noexcept {
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t'))
    s.remove_suffix(1);
  return s;
}

verb verb_of(std::uint8_t method) noexcept {
  switch (method) {
    case HTTP_GET:
      return verb::get;
    case HTTP_HEAD:
      return verb::head;
    case HTTP_POST:
      return verb::post;
    case HTTP_OPTIONS:
      return verb::options;
    case HTTP_PUT:
    case HTTP_DELETE:
    case HTTP_PATCH:
    case HTTP_TRACE:
    case HTTP_CONNECT:
      return verb::known;
    default:
      return verb::unknown;
  }
}

// split takes the target apart. False: it is none that we serve.
bool split(std::string_view target, request& r) noexcept {
  if (target.starts_with("http://") || target.starts_with("HTTP://")) {
    target.remove_prefix(7);
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    if (target.empty() || target.front() == '?') {
      r.path = "/";
      r.query = target.empty() ? target : target.substr(1);
      return true;
    }
  }
  if (target.find('#') != target.npos) return false;
  const std::size_t mark = target.find('?');
  r.path = target.substr(0, mark);
  r.query = mark == target.npos ? "" : target.substr(mark + 1);
  return r.path.starts_with('/') ||
         (r.path == "*" && r.method == verb::options) ||
         r.method == verb::known;  // CONNECT host:port, which is refused
}

// status_of is the answer to what llhttp does not understand; first is the
// message's first byte.
int status_of(llhttp_errno_t error, int first) noexcept {
  if (error == HPE_INVALID_VERSION || error == HPE_PAUSED_H2_UPGRADE)
    return 505;
  // A method of which nobody has heard, or noise. What follows may not be here.
  const bool letter = first >= 'A' && first <= 'Z';
  return error == HPE_INVALID_METHOD && letter ? 501 : 400;
}

}  // namespace

// state has llhttp's callbacks as members.
struct parser::state {
  llhttp_t http{};
  request head;
  std::string_view target, name, value;
  int hosts = 0;
  int status = 0;
  int first = -1;  // byte of the message, after empty lines
  bool head_done = false;
  char* body = nullptr;

  static state& of(llhttp_t* p) noexcept {
    return *static_cast<state*>(p->data);
  }

  static int url(llhttp_t* p, const char* at, std::size_t n) {
    extend(of(p).target, at, n);
    return 0;
  }
  static int field_piece(llhttp_t* p, const char* at, std::size_t n) {
    state& s = of(p);
    if (!s.head_done) extend(s.name, at, n);  // else a trailer: dropped
    return 0;
  }
  static int value_piece(llhttp_t* p, const char* at, std::size_t n) {
    state& s = of(p);
    if (!s.head_done) extend(s.value, at, n);
    return 0;
  }

  static int value_complete(llhttp_t* p) {
    state& s = of(p);
    if (s.head_done) return 0;
    const std::string_view field = s.name, text = trimmed(s.value);
    s.name = s.value = {};
    switch (field.size()) {
      case 4:
        if (same(field, "host")) ++s.hosts;
        break;
      case 5:
        if (same(field, "range")) s.head.range = text;
        break;
      case 6:
        if (same(field, "expect")) {
          if (!same(text, "100-continue")) s.status = 417;
          s.head.expects_continue = true;
        }
        break;
      case 8:
        if (same(field, "if-range")) s.head.if_range = text;
        break;
      case 17:
        if (same(field, "if-modified-since")) s.head.if_modified_since = text;
        break;
      default:
        break;
    }
    return 0;
  }

  // The head is complete: what HTTP demands of it beyond its syntax.
  static int headers_complete(llhttp_t* p) {
    state& s = of(p);
    request& r = s.head;
    s.head_done = true;
    r.method = verb_of(p->method);
    r.version11 = p->http_major == 1 && p->http_minor == 1;
    r.keep_alive = llhttp_should_keep_alive(p) != 0;
    // llhttp refuses encodings that do not end in "chunked" after this.
    r.has_body = (p->flags & F_TRANSFER_ENCODING) != 0 || p->content_length > 0;
    r.content_length = p->content_length;
    if (r.expects_continue && (!r.version11 || !r.has_body))
      r.expects_continue = false;
    if (p->http_major != 1 || p->http_minor > 1) {
      s.status = 505;
    } else if (!split(s.target, r) || s.hosts > 1 ||
               (r.version11 && s.hosts != 1)) {
      s.status = 400;
    }
    if (s.status != 0) return -1;
    p->upgrade = 0;  // we go on in HTTP/1.1, as we may
    return r.has_body ? static_cast<int>(HPE_PAUSED) : 0;
  }

  static int body_piece(llhttp_t* p, const char* at, std::size_t n) {
    state& s = of(p);
    if (s.body != at) std::memmove(s.body, at, n);
    s.body += n;
    return 0;
  }
  static int message_complete(llhttp_t*) { return HPE_PAUSED; }

  static const llhttp_settings_t* settings() {
    static const llhttp_settings_t all = [] {
      llhttp_settings_t s;
      llhttp_settings_init(&s);
      s.on_url = url;
      s.on_header_field = field_piece;
      s.on_header_value = value_piece;
      s.on_header_value_complete = value_complete;
      s.on_headers_complete = headers_complete;
      s.on_body = body_piece;
      s.on_message_complete = message_complete;
      return s;
    }();
    return &all;
  }
};

parser::parser() : s_(std::make_unique<state>()) {
  llhttp_init(&s_->http, HTTP_REQUEST, state::settings());
  s_->http.data = s_.get();
}

parser::~parser() = default;

void parser::begin() noexcept {
  llhttp_reset(&s_->http);
  s_->status = 0;
  next();
}

parser::event parser::feed(char* from, std::size_t n, std::size_t& taken,
                           char*& body) {
  state& s = *s_;
  s.body = body;
  const bool headless = !s.head_done;
  for (std::size_t i = 0; i < n && s.first < 0; ++i)
    if (from[i] != '\r' && from[i] != '\n')
      s.first = static_cast<unsigned char>(from[i]);
  const llhttp_errno_t error = llhttp_execute(&s.http, from, n);
  body = s.body;
  taken = n;
  if (error == HPE_OK) return event::more;
  const char* const at = llhttp_get_error_pos(&s.http);
  if (at != nullptr) taken = static_cast<std::size_t>(at - from);
  if (error == HPE_PAUSED) {
    llhttp_resume(&s.http);
    return headless && s.head.has_body ? event::head : event::end;
  }
  if (s.status == 0) s.status = status_of(error, s.first);
  return event::bad;
}

void parser::moved(std::size_t lower) noexcept {
  state& s = *s_;
  for (std::string_view* v :
       {&s.target, &s.name, &s.value, &s.head.path, &s.head.query,
        &s.head.range, &s.head.if_range, &s.head.if_modified_since})
    if (v->data() != nullptr) *v = {v->data() - lower, v->size()};
}

void parser::next() noexcept {
  state& s = *s_;
  s.head = {};
  s.target = s.name = s.value = {};
  s.hosts = 0;
  s.first = -1;
  s.head_done = false;
}

const request& parser::head() const noexcept { return s_->head; }
int parser::status() const noexcept { return s_->status; }

}  // namespace httpd
