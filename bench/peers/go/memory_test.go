package bench

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// parked makes count goroutines, lets all of them block on one channel, closes
// it and waits for their end.
func parked(b *testing.B, count int) {
	atProcs(b, func(b *testing.B) {
		var create, wake time.Duration
		for range b.N {
			stopTimer(b)
			before := readMemoryUsage()
			gate := make(chan struct{})
			var ready, ended sync.WaitGroup
			ready.Add(count)
			ended.Add(count)
			startTimer(b)
			t0 := time.Now()
			for range count {
				go func() {
					ready.Done()
					<-gate
					ended.Done()
				}()
			}
			ready.Wait()
			create += time.Since(t0)
			stopTimer(b)
			reportMemory(b, before, readMemoryUsage(), count)
			startTimer(b)
			t0 = time.Now()
			close(gate)
			ended.Wait()
			wake += time.Since(t0)
		}
		stopTimer(b)
		all := float64(b.N * count)
		b.ReportMetric(float64(create)/all, "create-ns/goroutine")
		b.ReportMetric(float64(wake)/all, "wake-ns/goroutine")
	})
}

// Once.
func BenchmarkParked100k(b *testing.B) { parked(b, 100_000) }
func BenchmarkParked1M(b *testing.B)   { parked(b, 1_000_000) }

func reportBurst(b *testing.B, before int64, unit string) {
	b.ReportMetric(float64(readMemoryUsage().rss-before)/1e6, unit)
}

// Once. What of the memory of 100,000 goroutines is given back.
func BenchmarkBurst100k(b *testing.B) {
	const goroutines = 100_000
	atProcs(b, func(b *testing.B) {
		for range b.N {
			before := readMemoryUsage().rss
			gate := make(chan struct{})
			var ready, ended sync.WaitGroup
			ready.Add(goroutines)
			ended.Add(goroutines)
			for range goroutines {
				go func() {
					ready.Done()
					<-gate
					ended.Done()
				}()
			}
			ready.Wait()
			reportBurst(b, before, "burst-MB")
			close(gate)
			ended.Wait()
			reportBurst(b, before, "ended-MB")
			stopTimer(b)
			time.Sleep(2 * time.Second)
			reportBurst(b, before, "later-MB")
			startTimer(b)
		}
	})
}

// Once. Goroutines that had begun when we look are not counted; Go's scheduler
// preempts their maker.
func notStarted(b *testing.B, count int) {
	atProcsOf(b, 1, func(b *testing.B) {
		var create time.Duration
		for range b.N {
			stopTimer(b)
			var started atomic.Int64
			var ended sync.WaitGroup
			ended.Add(count)
			before := readMemoryUsage()
			startTimer(b)
			t0 := time.Now()
			for range count {
				go func() {
					started.Add(1)
					ended.Done()
				}()
			}
			create += time.Since(t0)
			stopTimer(b)
			begun := int(started.Load())
			if begun < count {
				reportMemory(b, before, readMemoryUsage(), count-begun)
			}
			b.ReportMetric(float64(begun), "started")
			ended.Wait()
			startTimer(b)
		}
		stopTimer(b)
		b.ReportMetric(float64(create)/float64(b.N*count),
			"create-ns/goroutine")
	})
}

func BenchmarkNotStarted10k(b *testing.B) { notStarted(b, 10_000) }
func BenchmarkNotStarted1M(b *testing.B)  { notStarted(b, 1_000_000) }

const (
	sleepers = 100_000
	sleeps   = 10
)

// sleepMs is the k-th sleep of a sleeper: 1 to 100 ms, the same numbers as in
// burrow_bench (splitmix64).
func sleepMs(sleeper, k int) int {
	x := uint64(sleeper*sleeps+k+1) * 0x9E3779B97F4A7C15
	x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9
	x = (x ^ (x >> 27)) * 0x94D049BB133111EB
	x ^= x >> 31
	return int(x%100) + 1
}

// idealMs is the time of the sleeper that sleeps longest.
func idealMs() int {
	longest := 0
	for i := range sleepers {
		sum := 0
		for k := range sleeps {
			sum += sleepMs(i, k)
		}
		longest = max(longest, sum)
	}
	return longest
}

// Once.
func BenchmarkTimers100k(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		var late atomic.Int64
		for range b.N {
			var wg sync.WaitGroup
			wg.Add(sleepers)
			for s := range sleepers {
				go func() {
					asked := time.Duration(0)
					start := time.Now()
					for k := range sleeps {
						d := time.Duration(sleepMs(s, k)) * time.Millisecond
						asked += d
						time.Sleep(d)
					}
					late.Add(int64(time.Since(start) - asked))
					wg.Done()
				}()
			}
			wg.Wait()
		}
		stopTimer(b)
		n := float64(b.N)
		b.ReportMetric(b.Elapsed().Seconds()*1e3/n, "wall-ms")
		b.ReportMetric(float64(idealMs()), "ideal-ms")
		b.ReportMetric(watches[b].cpu.Seconds()/n, "cpu-s")
		b.ReportMetric(float64(late.Load())/n/(sleepers*sleeps)/1e3,
			"late-us/sleep")
	})
}
