// tests/progs/sig.cc - one signal, sent in one way: sig NUMBER HOW.
//
//   own       to the process, from a goroutine
//   notify    the same, and somebody waits for it: prints "got NUMBER"
//   ignore    the same, and it is ignored
//   foreign   to a thread of the program's own, by itself
//   handled   to such a thread, and the program has a handler: prints "handled"
//   after     to the process, after the run
//   handledm  to the goroutine's own thread, and the program has a handler
//
// It prints "alive" if it lives on.

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "burrow/burrow.h"

namespace {

using namespace burrow;
using namespace std::chrono_literals;

void handler(int) {
  constexpr char kText[] = "handled\n";
  [[maybe_unused]] const auto n = write(1, kText, sizeof kText - 1);
}

// Somebody wakes us again should we be stopped. The notes are what ends it.
void continuelater() {
  const std::string pid = std::to_string(getpid());
  const std::string script =
      "for i in $(seq 500); do grep -q '^State:.T' /proc/" + pid +
      "/status && exec kill -CONT " + pid + "; sleep 0.01; done &";
  if (std::system(script.c_str()) != 0) std::abort();
}

bool stops(int sig) {
  return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

void sendtothread(int sig) {
  std::thread([sig] { pthread_kill(pthread_self(), sig); }).join();
}

void act(int sig, const std::string& how) {
  if (how == "own") {
    kill(getpid(), sig);
    sleep_for(20ms);
  } else if (how == "notify") {
    auto c = make_chan<int>(1);
    signals::notify(c, {sig});
    kill(getpid(), sig);
    std::printf("got %d\n", *c.recv());
  } else if (how == "ignore") {
    signals::ignore({sig});
    kill(getpid(), sig);
    sleep_for(20ms);
  } else if (how == "foreign" || how == "handled") {
    sendtothread(sig);
  } else if (how == "handledm") {
    pthread_kill(pthread_self(), sig);
  }
  std::printf("alive\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 3;
  const rlimit nocore{0, 0};
  setrlimit(RLIMIT_CORE, &nocore);
  const int sig = std::atoi(argv[1]);
  const std::string how = argv[2];
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  if (sig == SIGSTOP || (stops(sig) && (how == "own" || how == "foreign")))
    continuelater();
  if (how.starts_with("handled")) {
    struct sigaction sa = {};
    sa.sa_handler = handler;
    sigaction(sig, &sa, nullptr);
  }
  burrow::run([&] { act(sig, how); });
  if (how == "after") kill(getpid(), sig);
  return 0;
}
