// The rows of burrow_bench in Go: the same names, programs and metrics, so that
// benchstat compares the two outputs.
//
//	go test -bench . -benchtime 1s
//
// Rows that measure memory (once in the comments below) mean what they say only
// when they run alone and once:
//
//	go test -bench '^BenchmarkParked1M$/^procs=1$' -benchtime 1x
package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// atProcs runs the row at each GOMAXPROCS in BENCH_PROCS (default "1,2") and
// reports processor time and peak memory.
func atProcs(b *testing.B, row func(b *testing.B)) {
	list := os.Getenv("BENCH_PROCS")
	if list == "" {
		list = "1,2"
	}
	for _, word := range strings.Split(list, ",") {
		procs, err := strconv.Atoi(word)
		if err != nil || procs < 1 {
			b.Fatalf("BENCH_PROCS=%q is not a list of numbers", list)
		}
		atProcsOf(b, procs, row)
	}
}

func atProcsOf(b *testing.B, procs int, row func(b *testing.B)) {
	b.Run(fmt.Sprintf("procs=%d", procs), func(b *testing.B) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		watch := stopwatch{b: b, running: true, start: cpuTime()}
		watches[b] = &watch
		defer delete(watches, b)
		resetPeak()
		b.ResetTimer()
		row(b)
		watch.stop()
		reportPeak(b)
		b.ReportMetric(float64(watch.cpu)/float64(b.N), "cpu-ns/op")
	})
}

// stopwatch counts processor time while the benchmark's own clock runs.
type stopwatch struct {
	b       *testing.B
	running bool
	start   time.Duration
	cpu     time.Duration
}

// watches has the stopwatch of the running benchmark; only its goroutine
// looks at it.
var watches = map[*testing.B]*stopwatch{}

func (w *stopwatch) stop() {
	if w.running {
		w.b.StopTimer()
		w.cpu += cpuTime() - w.start
		w.running = false
	}
}

func stopTimer(b *testing.B) { watches[b].stop() }

func startTimer(b *testing.B) {
	if w := watches[b]; !w.running {
		w.running = true
		w.start = cpuTime()
		b.StartTimer()
	}
}

func resetTimer(b *testing.B) {
	w := watches[b]
	w.cpu = 0
	w.start = cpuTime()
	b.ResetTimer()
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reportLatencies makes the median the row's time, and adds p99 and p99.9.
func reportLatencies(b *testing.B, late []time.Duration) {
	slices.Sort(late)
	at := func(part float64) float64 {
		return float64(late[int(float64(len(late)-1)*part)])
	}
	b.ReportMetric(at(0.5), "ns/op")
	b.ReportMetric(at(0.99), "p99-ns")
	b.ReportMetric(at(0.999), "p99.9-ns")
}

// compute keeps a processor busy for so long.
func compute(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
	}
}

// share is the i-th of k nearly equal parts of n operations.
func share(n, k, i int) int {
	if i < n%k {
		return n/k + 1
	}
	return n / k
}

type memoryUsage struct {
	rss, pageTable, address, maps int64
}

func readMemoryUsage() memoryUsage {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		panic(err)
	}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	if err != nil {
		panic(err)
	}
	return memoryUsage{
		rss:       pages * int64(os.Getpagesize()),
		pageTable: statusBytes("VmPTE"),
		address:   statusBytes("VmSize"),
		maps:      int64(bytes.Count(maps, []byte("\n"))),
	}
}

// statusBytes returns a "Name:  123 kB" line of /proc/self/status in bytes.
func statusBytes(name string) int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		fields := strings.Fields(in.Text())
		if len(fields) > 1 && fields[0] == name+":" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				panic(err)
			}
			return kib * 1024
		}
	}
	return 0
}

// resetPeak makes the peak memory that of the row, not of the ones before it.
func resetPeak() {
	// An old kernel or a sandbox without clear_refs reports the process's peak.
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

func reportPeak(b *testing.B) {
	b.ReportMetric(float64(statusBytes("VmHWM"))/1e6, "peak-MB")
}

func reportMemory(b *testing.B, before, after memoryUsage, goroutines int) {
	n := float64(goroutines)
	b.ReportMetric(float64(after.rss-before.rss)/n, "B/goroutine")
	b.ReportMetric(float64(after.pageTable-before.pageTable)/n,
		"PTE-B/goroutine")
	b.ReportMetric(float64(after.address-before.address)/1e6, "VM-MB")
	b.ReportMetric(float64(after.maps-before.maps), "maps")
}
