// examples/httpd/exchange.cc - see exchange.h.

#include "examples/httpd/exchange.h"

#include <charconv>

#include "examples/httpd/date.h"
#include "examples/httpd/status.h"

namespace httpd {

namespace {

// number is n as text, in base 10 or 16.
class number {
 public:
  explicit number(std::uint64_t n, int base = 10) noexcept
      : end_(std::to_chars(room_, room_ + sizeof room_, n, base).ptr) {}
  std::string_view text() const noexcept {
    return {room_, static_cast<std::size_t>(end_ - room_)};
  }

 private:
  char room_[24];
  const char* end_;
};

void put_status(writer& out, int status) {
  char date[kDateSize];
  now_date(date);
  out.put("HTTP/1.1 ", status_text(status),
          "\r\nServer: burrow\r\nDate: ", std::string_view(date, kDateSize),
          "\r\n");
}

}  // namespace

exchange::exchange(reader& in, writer& out, bool last)
    : in_(in), out_(out), keep_(in.head().keep_alive && !last) {}

bool exchange::body(std::span<const char>& piece) {
  if (asked().expects_continue && !in_.body_begun() && !begun_)
    out_.put("HTTP/1.1 100 Continue\r\n\r\n");
  // The client may wait for what we have said before it goes on.
  if (in_.body_waits()) out_.flush();
  if (in_.body(piece) == io::ok) return true;
  keep_ = false;
  return false;
}

// 304 and 204 have none; a HEAD's answer says what it would be.
bool exchange::bodyless() const noexcept {
  return status_ == 304 || status_ == 204 || asked().method == verb::head;
}

void exchange::begin(int status, std::string_view type,
                     std::optional<std::uint64_t> length,
                     std::string_view extra) {
  begun_ = true;
  status_ = status;
  left_ = length.value_or(0);
  // A client that waits for "100 Continue" may send the body now, or not.
  if (asked().expects_continue && !in_.body_begun()) keep_ = false;
  chunked_ = !length && asked().version11;
  if (!length && !chunked_) keep_ = false;
  put_status(out_, status);
  if (!type.empty()) {
    out_.put("Content-Type: ", type, "\r\n");
  }
  if (length && status != 304 && status != 204) {
    out_.put("Content-Length: ", number(*length).text(), "\r\n");
  } else if (chunked_) {
    out_.put("Transfer-Encoding: chunked\r\n");
  }
  if (!keep_) {
    out_.put("Connection: close\r\n");
  } else if (!asked().version11) {
    out_.put("Connection: keep-alive\r\n");
  }
  out_.put(extra, "\r\n");
}

void exchange::write(std::string_view piece) {
  if (piece.empty() || bodyless()) return;
  if (!chunked_) {
    left_ -= std::min<std::uint64_t>(left_, piece.size());
    out_.put(piece);
    return;
  }
  out_.put(number(piece.size(), 16).text(), "\r\n", piece, "\r\n");
}

void exchange::send_file(burrow::fd& file, std::uint64_t offset,
                         std::uint64_t n) {
  if (bodyless()) return;
  left_ -= std::min(left_, n);
  out_.send_file(file, offset, n);
}

void exchange::answer(int status, std::string_view type, std::string_view text,
                      std::string_view extra) {
  begin(status, type, text.size(), extra);
  write(text);
}

void exchange::refuse(int status, std::string_view extra) {
  char room[64];
  std::string_view text = status_text(status);
  const std::size_t n = text.copy(room, sizeof room - 1);
  room[n] = '\n';
  answer(status, "text/plain; charset=utf-8", {room, n + 1}, extra);
}

bool exchange::drain() {
  std::uint64_t dropped = 0;
  std::span<const char> piece;
  while (!in_.body_done()) {
    if (in_.body(piece) != io::ok) return false;
    dropped += piece.size();
    if (dropped > kMaxDrain) return false;
  }
  return true;
}

bool exchange::finish() {
  if (!begun_) refuse(500);
  if (abandoned_) return false;
  if (chunked_ && !bodyless()) out_.put("0\r\n\r\n");
  // A handler that wrote less than it said: only an end tells the client.
  if (left_ != 0 && !bodyless()) keep_ = false;
  if (!out_.ok() || !keep_) return false;
  // The answer must not wait for a body that the client may be slow to send.
  if (!in_.body_done() && (!out_.flush() || !drain())) return false;
  return true;
}

void refusal(writer& out, int status) {
  const std::string_view text = status_text(status);
  put_status(out, status);
  out.put("Content-Type: text/plain; charset=utf-8\r\nContent-Length: ",
          number(text.size() + 1).text(), "\r\nConnection: close\r\n\r\n", text,
          "\n");
}

}  // namespace httpd
