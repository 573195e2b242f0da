package bench

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// One that computes wakes one that waits, and computes on.
func BenchmarkWakeLatency(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		c := make(chan time.Time, 1)
		late := make([]time.Duration, 0, b.N)
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			for sent := range c {
				late = append(late, time.Since(sent))
			}
			wg.Done()
		}()
		for range b.N {
			time.Sleep(100 * time.Microsecond)
			c <- time.Now()
			compute(time.Millisecond)
		}
		close(c)
		wg.Wait()
		reportLatencies(b, late)
	})
}

// hogs starts goroutines that work until the function it returns is called.
func hogs(count int, work func()) (end func()) {
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Add(count)
	for range count {
		go func() {
			for !stop.Load() {
				work()
			}
			wg.Done()
		}()
	}
	return func() {
		stop.Store(true)
		wg.Wait()
	}
}

// 100 goroutines sleep for 1 ms again and again, beside one goroutine a P that
// computes and yields every 20 us.
func BenchmarkTimerLate(b *testing.B) {
	const sleepers, sleep = 100, time.Millisecond
	atProcs(b, func(b *testing.B) {
		end := hogs(runtime.GOMAXPROCS(0), func() {
			compute(20 * time.Microsecond)
			runtime.Gosched()
		})
		var mu sync.Mutex
		var late []time.Duration
		var wg sync.WaitGroup
		wg.Add(sleepers)
		for i := range sleepers {
			times := share(b.N, sleepers, i)
			go func() {
				var mine []time.Duration
				for range times {
					start := time.Now()
					time.Sleep(sleep)
					mine = append(mine, time.Since(start)-sleep)
				}
				mu.Lock()
				late = append(late, mine...)
				mu.Unlock()
				wg.Done()
			}()
		}
		wg.Wait()
		end()
		reportLatencies(b, late)
	})
}

// Half of 8 goroutines never yield.
func BenchmarkHogMix(b *testing.B) {
	const half = 4
	atProcs(b, func(b *testing.B) {
		end := hogs(half, func() {})
		var wg sync.WaitGroup
		wg.Add(half)
		for i := range half {
			times := share(b.N, half, i)
			go func() {
				for range times {
					compute(10 * time.Microsecond)
					runtime.Gosched()
				}
				wg.Done()
			}()
		}
		wg.Wait()
		stopTimer(b)
		end()
	})
}

func BenchmarkHogSleep(b *testing.B) {
	const sleep = 10 * time.Millisecond
	atProcs(b, func(b *testing.B) {
		end := hogs(runtime.GOMAXPROCS(0), func() {})
		late := make([]time.Duration, 0, b.N)
		for range b.N {
			start := time.Now()
			time.Sleep(sleep)
			late = append(late, time.Since(start)-sleep)
		}
		stopTimer(b)
		end()
		slices.Sort(late)
		at := func(percent int) float64 {
			return late[(len(late)-1)*percent/100].Seconds() * 1e3
		}
		b.ReportMetric(at(50), "p50-late-ms")
		b.ReportMetric(at(99), "p99-late-ms")
	})
}
