// examples/kv/tryout.h - the server, tried out by a client of its own.
#pragma once

namespace kv {

// tryout serves on a free port, asks a few things and prints the answers. Returns
// the program's exit code. Context  goroutine.
int tryout();

}  // namespace kv
