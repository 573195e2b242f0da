package bench

import (
	"sync"
	"testing"
)

func BenchmarkPingPong(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		ping, pong := make(chan int32), make(chan int32)
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			for v := range ping {
				pong <- v
			}
			wg.Done()
		}()
		for range b.N {
			ping <- 1
			<-pong
		}
		close(ping)
		wg.Wait()
	})
}

func BenchmarkRing1000(b *testing.B) {
	const ring = 1000
	atProcs(b, func(b *testing.B) {
		links := make([]chan int, ring)
		for i := range links {
			links[i] = make(chan int)
		}
		over := make(chan struct{})
		var wg sync.WaitGroup
		wg.Add(ring)
		for i := range ring {
			from, to := links[i], links[(i+1)%ring]
			go func() {
				for hopsLeft := range from {
					if hopsLeft > 1 {
						to <- hopsLeft - 1
					} else {
						over <- struct{}{}
					}
				}
				if i+1 < ring {
					close(to)
				}
				wg.Done()
			}()
		}
		resetTimer(b)
		links[0] <- b.N
		<-over
		stopTimer(b)
		close(links[0])
		wg.Wait()
	})
}

func BenchmarkSPSC128(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		c := make(chan int32, 128)
		go func() {
			for range b.N {
				c <- 1
			}
			close(c)
		}()
		got := 0
		for v := range c {
			got += int(v)
		}
		if got != b.N {
			b.Fatal("items were lost")
		}
	})
}

func BenchmarkMPMC4x4(b *testing.B) {
	const side = 4
	atProcs(b, func(b *testing.B) {
		c := make(chan int32, 128)
		var got [side]int
		var senders, receivers sync.WaitGroup
		senders.Add(side)
		receivers.Add(side)
		for i := range side {
			n := share(b.N, side, i)
			go func() {
				mine := 0
				for v := range c {
					mine += int(v)
				}
				got[i] = mine
				receivers.Done()
			}()
			go func() {
				for range n {
					c <- 1
				}
				senders.Done()
			}()
		}
		senders.Wait()
		close(c)
		receivers.Wait()
		if got[0]+got[1]+got[2]+got[3] != b.N {
			b.Fatal("items were lost")
		}
	})
}

func BenchmarkTryRecvEmpty(b *testing.B) {
	atProcs(b, func(b *testing.B) {
		c := make(chan int32)
		for range b.N {
			select {
			case <-c:
				b.Fatal("received from an empty channel")
			default:
			}
		}
	})
}

func numbers(last int32) <-chan int32 {
	out := make(chan int32)
	go func() {
		for i := int32(2); i <= last; i++ {
			out <- i
		}
		close(out)
	}()
	return out
}

func withoutMultiples(in <-chan int32, prime int32) <-chan int32 {
	out := make(chan int32)
	go func() {
		for v := range in {
			if v%prime != 0 {
				out <- v
			}
		}
		close(out)
	}()
	return out
}

func BenchmarkSieve2000(b *testing.B) {
	const primes, lastPrime = 2000, 17_389
	atProcs(b, func(b *testing.B) {
		for range b.N {
			c := numbers(lastPrime)
			prime := int32(0)
			for range primes {
				prime = <-c
				c = withoutMultiples(c, prime)
			}
			if _, ok := <-c; ok {
				b.Fatal("a number after the last prime")
			}
			if prime != lastPrime {
				b.Fatal("wrong prime")
			}
		}
	})
}

// senders makes a goroutine behind each of so many channels.
func senders(n, channels, capacity int) []chan int32 {
	c := make([]chan int32, channels)
	for i := range c {
		c[i] = make(chan int32, capacity)
		times := share(n, channels, i)
		go func() {
			for range times {
				c[i] <- 1
			}
		}()
	}
	return c
}

func select4(b *testing.B, capacity int) {
	atProcs(b, func(b *testing.B) {
		c := senders(b.N, 4, capacity)
		sum := 0
		for range b.N {
			var v int32
			select {
			case v = <-c[0]:
			case v = <-c[1]:
			case v = <-c[2]:
			case v = <-c[3]:
			}
			sum += int(v)
		}
		if sum != b.N {
			b.Fatal("items were lost")
		}
	})
}

func BenchmarkSelect4(b *testing.B)         { select4(b, 0) }
func BenchmarkSelect4Buffered(b *testing.B) { select4(b, 128) }

func elements[E any](b *testing.B) {
	atProcs(b, func(b *testing.B) {
		c := make(chan E, 128)
		go func() {
			var e E
			for range b.N {
				c <- e
			}
			close(c)
		}()
		got := 0
		for range c {
			got++
		}
		if got != b.N {
			b.Fatal("items were lost")
		}
	})
}

func BenchmarkChan8B(b *testing.B)    { elements[[8]byte](b) }
func BenchmarkChan64B(b *testing.B)   { elements[[64]byte](b) }
func BenchmarkChan512B(b *testing.B)  { elements[[512]byte](b) }
func BenchmarkChan4096B(b *testing.B) { elements[[4096]byte](b) }
