module burrow/bench

go 1.23
