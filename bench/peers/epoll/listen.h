// bench/peers/epoll/listen.h - sockets for servers without a runtime.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace peer {

[[noreturn]] inline void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

// listenat returns a socket that listens there; several may.
inline int listenat(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  // Accepted sockets inherit it.
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) die("bind");
  if (listen(fd, 4096) != 0) die("listen");
  return fd;
}

// acceptfrom returns the next connection, or -1.
inline int acceptfrom(int listener) {
  return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

inline int newepoll() {
  const int ep = epoll_create1(EPOLL_CLOEXEC);
  if (ep < 0) die("epoll_create1");
  return ep;
}

// watch has ep say `about` when there is something to read.
inline void watch(int ep, int fd, epoll_data_t about) {
  epoll_event ev{};
  ev.events = EPOLLIN;
  ev.data = about;
  if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) != 0) die("epoll_ctl");
}

}  // namespace peer
