// tests/support/httpdtest.h - the example httpd as a child, and a client that says
// exactly what it is told to.
#pragma once

#include <unistd.h>

#include <csignal>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "burrow/burrow.h"
#include "tests/support/iotest.h"
#include "tests/support/subprocess.h"
#include "tests/support/tempfolder.h"

namespace burrow::testsupport {

// httpd_server runs it with the caller's maxprocs, on a free port. arguments:
// options; folder: "" for none; descriptors: its limit, 0: as is.
class httpd_server {
 public:
  explicit httpd_server(const std::vector<std::string>& arguments = {},
                        const std::string& folder = "", int descriptors = 0)
      : process_(command(arguments, folder, descriptors)) {
    std::vector<std::string> env;
    for (char** e = environ; *e != nullptr; ++e)
      if (!std::string_view(*e).starts_with("BURROW_MAXPROCS="))
        env.emplace_back(*e);
    env.push_back("BURROW_MAXPROCS=" + std::to_string(maxprocs()));
    process_.env = std::move(env);
    address_ = startserver(process_, err_);
  }
  ~httpd_server() {
    if (!ended_) stop(SIGKILL);
  }
  httpd_server(const httpd_server&) = delete;
  httpd_server& operator=(const httpd_server&) = delete;

  const std::string& address() const { return address_; }
  std::string url(const std::string& path) const {
    return "http://" + address_ + path;
  }
  net::conn dial() const { return net::dial("tcp", address_); }
  void kill(int sig) { process_.kill(sig); }

  // wait waits for its end; errors is then all that it has complained of.
  exec::process_state wait() {
    ended_ = true;
    errors_ = all(err_);
    return process_.wait();
  }
  exec::process_state stop(int sig = SIGTERM) {
    kill(sig);
    return wait();
  }
  const std::string& errors() const { return errors_; }

 private:
  static exec::command command(const std::vector<std::string>& arguments,
                               const std::string& folder, int descriptors) {
    std::vector<std::string> c;
    if (descriptors != 0)
      c = {"sh", "-c", "ulimit -n $0; exec \"$@\"",
           std::to_string(descriptors)};
    c.push_back(example_path("httpd/httpd"));
    c.insert(c.end(), arguments.begin(), arguments.end());
    c.emplace_back("127.0.0.1:0");
    if (!folder.empty()) c.push_back(folder);
    return exec::command(std::move(c));
  }

  exec::command process_;
  fd err_;
  std::string address_, errors_;
  bool ended_ = false;
};

// answer is what a server says to a request; status 0: nothing.
struct http_answer {
  int status = 0;
  std::string head, body;

  // field is a header's value, "" if there is none.
  std::string field(const std::string& name) const {
    const std::size_t at = head.find("\n" + name + ": ");
    if (at == head.npos) return "";
    const std::size_t begin = at + name.size() + 3;
    return head.substr(begin, head.find('\n', begin) - begin);
  }
};

// http_client is one connection.
class http_client {
 public:
  explicit http_client(const httpd_server& s) : socket(s.dial()) {}

  // say returns false if nobody listens any more.
  bool say(std::string_view text) {
    std::error_code ec;
    socket.write(bytes(text), ec);
    return !ec;
  }

  // hear reads one answer. bodyless: it is to HEAD.
  http_answer hear(bool bodyless = false) {
    http_answer a;
    try {
      const auto first = in_.read_line();
      if (!first || first->size() < 12) return a;
      const int status = std::stoi(first->substr(9, 3));
      a.head = *first + "\n";
      for (auto line = in_.read_line(); line && !line->empty();
           line = in_.read_line())
        a.head += *line + "\n";
      a.status = status;
      if (bodyless || status == 304 || status == 204 || status == 100) return a;
      if (const std::string n = a.field("Content-Length"); !n.empty()) {
        a.body = in_.read_exact(std::stoul(n));
      } else if (a.field("Transfer-Encoding") == "chunked") {
        hear_chunks(a.body);
      } else {
        a.body = rest();
      }
    } catch (const std::system_error& e) {
      a.status = -1;  // cut off
      a.head += e.what();
    }
    return a;
  }

  http_answer ask(std::string_view text) { return say(text), hear(); }

  // rest is all until the end; a reset is one, too.
  std::string rest() {
    std::string s;
    char room[1000];
    try {
      while (const std::size_t n =
                 in_.read(std::as_writable_bytes(std::span(room))))
        s.append(room, n);
    } catch (const std::system_error&) {
    }
    return s;
  }

  net::conn socket;

 private:
  void hear_chunks(std::string& to) {
    for (;;) {
      const std::size_t n =
          std::stoul(in_.read_line().value_or("0"), nullptr, 16);
      to += in_.read_exact(n);
      in_.read_exact(2);
      if (n == 0) return;
    }
  }

  net::buffered_reader in_{socket};
};

inline std::string get(const std::string& path, const std::string& extra = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + extra + "\r\n";
}

}  // namespace burrow::testsupport
