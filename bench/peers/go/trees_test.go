package bench

import (
	"slices"
	"sync"
	"testing"
)

// What these compute is in bench/tree_workload.h and bench/workload.h.

func scramble(x uint64) uint64 {
	x *= 0x9E3779B97F4A7C15
	x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9
	x = (x ^ (x >> 27)) * 0x94D049BB133111EB
	return x ^ (x >> 31)
}

func queens(row int, columns, down, up uint32) int {
	const size = 8
	if row == size {
		return 1
	}
	var found [size]int
	var wg sync.WaitGroup
	for column := range size {
		if (columns|down|up)>>column&1 != 0 {
			continue
		}
		queen := uint32(1) << column
		wg.Add(1)
		go func() {
			found[column] = queens(row+1, columns|queen, (down|queen)<<1,
				(up|queen)>>1)
			wg.Done()
		}()
	}
	wg.Wait()
	sum := 0
	for _, f := range found {
		sum += f
	}
	return sum
}

func BenchmarkNQueens8(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		for range b.N {
			if queens(0, 0, 0, 0) != 92 {
				b.Fatal("wrong number")
			}
		}
	})
}

const (
	matmulSize = 512
	matmulLeaf = 32
)

// block is a square part of a matrix.
type block struct {
	at   []float64
	size int
}

func (m block) line(i int) []float64 { return m.at[i*matmulSize:] }

func (m block) quarter(down, right int) block {
	half := m.size / 2
	return block{m.line(half * down)[half*right:], half}
}

func multiplyAdd(c, a, b block) {
	for i := range c.size {
		to := c.line(i)[:c.size]
		for k := range c.size {
			factor, from := a.line(i)[k], b.line(k)[:c.size]
			for j := range to {
				to[j] += factor * from[j]
			}
		}
	}
}

func product(c, a, b block) {
	if c.size <= matmulLeaf {
		multiplyAdd(c, a, b)
		return
	}
	for k := range 2 {
		var wg sync.WaitGroup
		wg.Add(3)
		for q := range 3 {
			go func() {
				product(c.quarter(q/2, q%2), a.quarter(q/2, k),
					b.quarter(k, q%2))
				wg.Done()
			}()
		}
		product(c.quarter(1, 1), a.quarter(1, k), b.quarter(k, 1))
		wg.Wait()
	}
}

func BenchmarkMatmul512(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		matrix := func(first uint64) block {
			m := block{make([]float64, matmulSize*matmulSize), matmulSize}
			for i := range m.at {
				if first > 0 {
					m.at[i] = float64(scramble(uint64(i)+first) % 10)
				}
			}
			return m
		}
		left, right, c := matrix(1), matrix(2), matrix(0)
		for range b.N {
			clear(c.at)
			product(c, left, right)
			for i := range matmulSize {
				j, sum := i*7%matmulSize, 0.0
				for k := range matmulSize {
					sum += left.line(i)[k] * right.line(k)[j]
				}
				if sum != c.line(i)[j] {
					b.Fatal("wrong product")
				}
			}
		}
	})
}

func sortRange(from, spare []int32) {
	if len(from) <= 1000 {
		slices.Sort(from)
		return
	}
	half := len(from) / 2
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		sortRange(from[:half], spare[:half])
		wg.Done()
	}()
	sortRange(from[half:], spare[half:])
	wg.Wait()
	a, b := from[:half], from[half:]
	for i := range spare {
		if len(b) == 0 || len(a) > 0 && a[0] <= b[0] {
			spare[i], a = a[0], a[1:]
		} else {
			spare[i], b = b[0], b[1:]
		}
	}
	copy(from, spare)
}

func BenchmarkMergesort1M(b *testing.B) {
	const count = 1_000_000
	atProcs(b, func(b *testing.B) {
		spare := make([]int32, count)
		for range b.N {
			numbers := make([]int32, count)
			for i := range numbers {
				numbers[i] = int32(scramble(uint64(i)+1) % count)
			}
			sortRange(numbers, spare)
			if !slices.IsSorted(numbers) {
				b.Fatal("not sorted")
			}
		}
	})
}

func utsNodes(node uint64, depth int) int {
	children := 0
	if depth < 3 {
		children = 8
	} else if scramble(node)%10_000 < 2_475 {
		children = 4
	}
	var sums [8]int
	var wg sync.WaitGroup
	wg.Add(children)
	for i := range children {
		go func() {
			sums[i] = utsNodes(scramble(node*8+uint64(i)+1), depth+1)
			wg.Done()
		}()
	}
	wg.Wait()
	sum := 1
	for _, s := range sums {
		sum += s
	}
	return sum
}

func BenchmarkUTS(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		for range b.N {
			if utsNodes(1, 0) != 71_257 {
				b.Fatal("wrong size")
			}
		}
	})
}

// chameneos: the meeting place.
type place struct {
	mu            sync.Mutex
	left          int
	waitingColour int
	waiting       chan int // nil: nobody waits
}

func complement(a, b int) int {
	if a == b {
		return a
	}
	return 3 - a - b
}

func (p *place) creature(mine int) (met int) {
	other := make(chan int, 1)
	for {
		p.mu.Lock()
		if p.left == 0 {
			p.mu.Unlock()
			return met
		}
		if first := p.waiting; first != nil {
			p.waiting = nil
			theirs := p.waitingColour
			p.left--
			p.mu.Unlock()
			first <- mine
			mine = complement(mine, theirs)
		} else {
			p.waiting, p.waitingColour = other, mine
			p.mu.Unlock()
			mine = complement(mine, <-other)
		}
		met++
	}
}

func BenchmarkChameneos(b *testing.B) {
	const creatures = 10
	atProcs(b, func(b *testing.B) {
		p := place{left: b.N}
		var met [creatures]int
		var wg sync.WaitGroup
		wg.Add(creatures)
		for i := range creatures {
			go func() {
				met[i] = p.creature(i % 3)
				wg.Done()
			}()
		}
		wg.Wait()
		sum := 0
		for _, m := range met {
			sum += m
		}
		if sum != 2*b.N {
			b.Fatal("not two creatures a meeting")
		}
	})
}
