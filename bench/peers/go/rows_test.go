package bench

import (
	"runtime"
	"sync"
	"testing"
)

func yieldAmong(b *testing.B, goroutines int) {
	var wg sync.WaitGroup
	wg.Add(goroutines)
	for i := range goroutines {
		times := share(b.N, goroutines, i)
		go func() {
			for range times {
				runtime.Gosched()
			}
			wg.Done()
		}()
	}
	wg.Wait()
}

func BenchmarkYield(b *testing.B) {
	atProcs(b, func(b *testing.B) { yieldAmong(b, 2) })
}

func BenchmarkYield1000(b *testing.B) {
	atProcs(b, func(b *testing.B) { yieldAmong(b, 1000) })
}

// wave makes size trivial goroutines and waits for all of them.
func wave(size int) {
	var wg sync.WaitGroup
	wg.Add(size)
	for range size {
		go func() { wg.Done() }()
	}
	wg.Wait()
}

func BenchmarkSpawnWaves1000(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		for left := b.N; left > 0; left -= 1000 {
			wave(min(left, 1000))
		}
	})
}

// Once.
func BenchmarkSpawnWave1M(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		for range b.N {
			wave(1_000_000)
		}
		stopTimer(b)
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/1e6, "ns/goroutine")
	})
}

func BenchmarkSpawnJoin(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		var wg sync.WaitGroup
		for range b.N {
			wg.Add(1)
			go func() { wg.Done() }()
			wg.Wait()
		}
	})
}

// Go's idiom for a future: a channel that has room for the value.
func async(f func() int) <-chan int {
	c := make(chan int, 1)
	go func() { c <- f() }()
	return c
}

func BenchmarkAsyncGet(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		sum := 0
		for range b.N {
			sum += <-async(func() int { return 1 })
		}
		if sum != b.N {
			b.Fatal("wrong sum")
		}
	})
}

func BenchmarkMutex(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		var mu sync.Mutex
		counter := 0
		for range b.N {
			mu.Lock()
			counter++
			mu.Unlock()
		}
		runtime.KeepAlive(&counter)
	})
}

func BenchmarkMutex8(b *testing.B) {
	const goroutines = 8
	atProcs(b, func(b *testing.B) {
		var mu sync.Mutex
		counter := 0
		var wg sync.WaitGroup
		wg.Add(goroutines)
		for i := range goroutines {
			times := share(b.N, goroutines, i)
			go func() {
				for range times {
					mu.Lock()
					counter++
					mu.Unlock()
				}
				wg.Done()
			}()
		}
		wg.Wait()
		if counter != b.N {
			b.Fatal("the counter is wrong")
		}
	})
}

// Whoever holds the mutex yields: all others come to wait for it.
func mutexWaiters(b *testing.B, goroutines int) {
	atProcs(b, func(b *testing.B) {
		var mu sync.Mutex
		counter := 0
		var wg sync.WaitGroup
		wg.Add(goroutines)
		for i := range goroutines {
			times := share(b.N, goroutines, i)
			go func() {
				for range times {
					mu.Lock()
					counter++
					runtime.Gosched()
					mu.Unlock()
				}
				wg.Done()
			}()
		}
		wg.Wait()
		if counter != b.N {
			b.Fatal("the counter is wrong")
		}
	})
}

func BenchmarkMutexWait2(b *testing.B)   { mutexWaiters(b, 2) }
func BenchmarkMutexWait100(b *testing.B) { mutexWaiters(b, 100) }
func BenchmarkMutexWait10k(b *testing.B) { mutexWaiters(b, 10_000) }

func BenchmarkWaitGroup(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		var wg sync.WaitGroup
		for range b.N {
			wg.Add(1)
			wg.Done()
			wg.Wait()
		}
	})
}

func BenchmarkOnce(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		var once sync.Once
		calls := 0
		for range b.N {
			once.Do(func() { calls++ })
		}
		if calls != 1 {
			b.Fatal("not called exactly once")
		}
	})
}

func skynetNode(up chan<- int, number, leaves int) {
	if leaves == 1 {
		up <- number
		return
	}
	down := make(chan int)
	part := leaves / 10
	for i := range 10 {
		go skynetNode(down, number+i*part, part)
	}
	sum := 0
	for range 10 {
		sum += <-down
	}
	up <- sum
}

// Once.
func BenchmarkSkynet1M(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		for range b.N {
			c := make(chan int)
			go skynetNode(c, 0, 1_000_000)
			if <-c != 499_999_500_000 {
				b.Fatal("wrong sum")
			}
		}
	})
}

func fibWaitGroup(n int) int {
	if n < 2 {
		return n
	}
	first := 0
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		first = fibWaitGroup(n - 1)
		wg.Done()
	}()
	second := fibWaitGroup(n - 2)
	wg.Wait()
	return first + second
}

func fibAsync(n int) int {
	if n < 2 {
		return n
	}
	first := async(func() int { return fibAsync(n - 1) })
	second := fibAsync(n - 2)
	return <-first + second
}

func fib(b *testing.B, f func(int) int) {
	atProcs(b, func(b *testing.B) {
		for range b.N {
			if f(25) != 75_025 {
				b.Fatal("wrong result")
			}
		}
	})
}

func BenchmarkFib25(b *testing.B)      { fib(b, fibWaitGroup) }
func BenchmarkFib25Async(b *testing.B) { fib(b, fibAsync) }
