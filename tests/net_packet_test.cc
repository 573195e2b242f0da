// tests/net_packet_test.cc - datagrams, and buffered reading.

#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

#include "burrow/net.h"
#include "tests/support/gotest.h"
#include "tests/support/iotest.h"

namespace burrow {
namespace {

using namespace std::chrono_literals;
using net::buffered_reader;
using net::packet_conn;
using std::chrono::steady_clock;
using testsupport::bytes;

GO_TEST(Udp, MessagesAndAddresses) {
  packet_conn a = net::listen_packet("udp", "127.0.0.1:0");
  packet_conn b = net::listen_packet("udp4", "127.0.0.1:0");
  auto answered = async([&b] {
    for (int i = 0; i < 20; ++i) {
      std::array<std::byte, 100> room{};
      const auto r = b.read_from(room);
      b.write_to(std::span(room).first(r.n), r.from);
    }
  });
  for (int i = 0; i < 20; ++i) {
    const std::string text = "datagram " + std::to_string(i);
    EXPECT_EQ(a.write_to(bytes(text), b.local_address()), text.size());
    std::string got(100, '\0');
    const auto r = a.read_from(std::as_writable_bytes(std::span(got)));
    EXPECT_EQ(got.substr(0, r.n), text);
    EXPECT_EQ(r.from, b.local_address());
  }
  answered.get();
  a.set_read_deadline(steady_clock::now() + 5ms);
  std::array<std::byte, 1> room{};
  std::error_code ec;
  a.read_from(room, ec);
  EXPECT_EQ(ec, errc::deadline_exceeded);
  a.write_to(bytes("x"), net::address(), ec);
  EXPECT_EQ(ec, std::errc::destination_address_required);
  auto waiter = async([&b] {
    std::error_code e;
    std::array<std::byte, 1> r{};
    b.read_from(r, e);
    return e;
  });
  testsupport::settle();
  b.close();
  EXPECT_EQ(waiter.get(), errc::closed);
}

GO_TEST(Udp, Unixgram) {
  const std::string base = "@burrow-gram-" + std::to_string(::getpid());
  packet_conn a = net::listen_packet("unixgram", base + "a");
  packet_conn b = net::listen_packet("unixgram", base + "b");
  a.write_to(bytes("hello"), b.local_address());
  std::array<std::byte, 100> room{};
  const auto r = b.read_from(room);
  EXPECT_EQ(r.n, 5u);
  EXPECT_EQ(r.from.string(), base + "a");
}

GO_TEST(Buffered, LinesBlocksAndTheEnd) {
  auto [in, out] = pipe();
  wait_group wg;
  wg.go([&out = out] {
    for (char c : std::string_view("one\r\ntwo\n\nlong line|tail")) {
      out.write(std::as_bytes(std::span(&c, 1)));
      yield();
    }
    out.close();
  });
  buffered_reader r(in, 16);
  EXPECT_EQ(r.read_line(), "one");
  EXPECT_EQ(r.read_line(), "two");
  EXPECT_EQ(r.read_line(), "");
  EXPECT_EQ(r.read_until('|'), "long line|");
  EXPECT_EQ(r.read_exact(2), "ta");
  EXPECT_EQ(r.read_line(), "il");
  EXPECT_EQ(r.read_line(), std::nullopt);
  EXPECT_EQ(r.read_until('x'), std::nullopt);
  wg.wait();
}

GO_TEST(Buffered, AShortStreamAndALongLine) {
  auto [in, out] = pipe();
  out.write(bytes("12345"));
  out.write(bytes(std::string(1000, 'x')));
  out.close();
  buffered_reader r(in);
  r.limit(500);
  EXPECT_EQ(r.read_exact(5), "12345");
  try {
    r.read_line();
    ADD_FAILURE() << "no limit";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::value_too_large);
  }
  try {
    r.read_exact(std::size_t{1} << 30);  // a lie, which must not cost memory
    ADD_FAILURE() << "no error";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::io_error);
  }
}

// What has come is returned with the error, where a throw loses it.
GO_TEST(Buffered, ErrorsByCode) {
  auto [in, out] = pipe();
  out.write(bytes("one\nhalf"));
  buffered_reader r(in);
  std::error_code ec = errc::closed;
  EXPECT_EQ(r.read_line(ec), "one");
  EXPECT_FALSE(ec);
  in.set_read_deadline(std::chrono::steady_clock::now());
  EXPECT_EQ(r.read_line(ec), "half");
  EXPECT_EQ(ec, errc::deadline_exceeded);
  EXPECT_EQ(r.read_until('x', ec), std::nullopt);
  EXPECT_EQ(ec, errc::deadline_exceeded);
  in.set_read_deadline({});
  out.write(bytes("12345" + std::string(1000, 'x')));
  out.close();
  EXPECT_EQ(r.read_exact(3, ec), "123");
  EXPECT_FALSE(ec);
  std::byte two[2];
  EXPECT_EQ(r.read(two, ec), 2u);
  EXPECT_FALSE(ec);
  r.limit(500);
  r.read_line(ec);
  EXPECT_EQ(ec, std::errc::value_too_large);
  EXPECT_EQ(r.read_exact(2000, ec), std::string(1000, 'x'));
  EXPECT_EQ(ec, std::errc::io_error);
  in.close();
  EXPECT_EQ(r.read(two, ec), 0u);
  EXPECT_EQ(ec, errc::closed);
}

}  // namespace
}  // namespace burrow
