// Rows - the rows of burrow_bench on Java's virtual threads: the same names,
// programs and metrics (Peer.java measures them).
//
// Channels are java.util.concurrent's: SynchronousQueue has a rendezvous,
// ArrayBlockingQueue a buffer. They cannot be closed: a value of -1 ends them.
// There is no select, and what computes is not preempted.

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

public class Rows extends Peer {
  static final long CLOSED = -1;

  static void yields(long n, int tasks) throws Exception {
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < tasks; ++i) {
      long times = share(n, tasks, i);
      all.add(spawn(() -> {
        for (long k = 0; k < times; ++k) Thread.yield();
      }));
    }
    join(all);
  }

  static void wave(long size) throws Exception {
    CountDownLatch ended = new CountDownLatch((int) size);
    for (long i = 0; i < size; ++i) spawn(ended::countDown);
    ended.await();
  }

  static void spawnWaves(long n) throws Exception {
    for (long left = n; left > 0; left -= 1000) wave(Math.min(left, 1000));
  }

  static void spawnWave1M(long n) throws Exception {
    for (long i = 0; i < n; ++i) wave(1_000_000);
  }

  static void spawnJoin(long n) throws Exception {
    for (long i = 0; i < n; ++i) spawn(() -> {}).join();
  }

  static FutureTask<Integer> async(Callable<Integer> f) {
    FutureTask<Integer> task = new FutureTask<>(f);
    Thread.startVirtualThread(task);
    return task;
  }

  static void asyncGet(long n) throws Exception {
    long sum = 0;
    for (long i = 0; i < n; ++i) sum += async(() -> 1).get();
    check(sum == n, "AsyncGet: wrong sum");
  }

  static void pingPong(long n) throws Exception {
    BlockingQueue<Long> ping = new SynchronousQueue<>();
    BlockingQueue<Long> pong = new SynchronousQueue<>();
    Thread other = spawn(() -> {
      for (long v; (v = ping.take()) != CLOSED; ) pong.put(v);
    });
    for (long i = 0; i < n; ++i) {
      ping.put(1L);
      pong.take();
    }
    ping.put(CLOSED);
    other.join();
  }

  static void ring(long n) throws Exception {
    final int ring = 1000;
    List<BlockingQueue<Long>> links = new ArrayList<>();
    for (int i = 0; i < ring; ++i) links.add(new SynchronousQueue<>());
    CountDownLatch over = new CountDownLatch(1);
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < ring; ++i) {
      BlockingQueue<Long> from = links.get(i), to = links.get((i + 1) % ring);
      boolean closes = i + 1 < ring;
      all.add(spawn(() -> {
        for (long left; (left = from.take()) != CLOSED; ) {
          if (left > 1) {
            to.put(left - 1);
          } else {
            over.countDown();
          }
        }
        if (closes) to.put(CLOSED);
      }));
    }
    links.get(0).put(n);
    over.await();
    links.get(0).put(CLOSED);
    join(all);
  }

  static void spsc(long n) throws Exception {
    BlockingQueue<Long> c = new ArrayBlockingQueue<>(128);
    spawn(() -> {
      for (long i = 0; i < n; ++i) c.put(1L);
      c.put(CLOSED);
    });
    long got = 0;
    for (long v; (v = c.take()) != CLOSED; ) got += v;
    check(got == n, "SPSC128: items were lost");
  }

  static void mpmc(long n) throws Exception {
    final int side = 4;
    BlockingQueue<Long> c = new ArrayBlockingQueue<>(128);
    LongAdder sum = new LongAdder();
    List<Thread> senders = new ArrayList<>(), receivers = new ArrayList<>();
    for (int i = 0; i < side; ++i) {
      long times = share(n, side, i);
      receivers.add(spawn(() -> {
        long mine = 0;
        for (long v; (v = c.take()) != CLOSED; ) mine += v;
        sum.add(mine);
      }));
      senders.add(spawn(() -> {
        for (long k = 0; k < times; ++k) c.put(1L);
      }));
    }
    join(senders);
    for (int i = 0; i < side; ++i) c.put(CLOSED);
    join(receivers);
    check(sum.sum() == n, "MPMC4x4: items were lost");
  }

  static void sieve(long n) throws Exception {
    final int primes = 2000;
    final long lastPrime = 17_389;
    for (long i = 0; i < n; ++i) {
      BlockingQueue<Long> first = new SynchronousQueue<>();
      spawn(() -> {
        for (long k = 2; k <= lastPrime; ++k) first.put(k);
        first.put(CLOSED);
      });
      BlockingQueue<Long> c = first;
      long prime = 0;
      for (int k = 0; k < primes; ++k) {
        prime = c.take();
        long p = prime;
        BlockingQueue<Long> in = c, out = new SynchronousQueue<>();
        spawn(() -> {
          for (long v; (v = in.take()) != CLOSED; ) {
            if (v % p != 0) out.put(v);
          }
          out.put(CLOSED);
        });
        c = out;
      }
      check(c.take() == CLOSED && prime == lastPrime, "Sieve2000: wrong prime");
    }
  }

  static void mutexAmong(long n, int tasks) throws Exception {
    ReentrantLock mu = new ReentrantLock();
    long[] counter = {0};
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < tasks; ++i) {
      long times = share(n, tasks, i);
      all.add(spawn(() -> {
        for (long k = 0; k < times; ++k) {
          mu.lock();
          ++counter[0];
          mu.unlock();
        }
      }));
    }
    join(all);
    check(counter[0] == n, "Mutex: the counter is wrong");
  }

  static void skynetNode(BlockingQueue<Long> up, long number, long leaves)
      throws Exception {
    if (leaves == 1) {
      up.put(number);
      return;
    }
    BlockingQueue<Long> down = new SynchronousQueue<>();
    long part = leaves / 10;
    for (long i = 0; i < 10; ++i) {
      long child = number + i * part;
      spawn(() -> skynetNode(down, child, part));
    }
    long sum = 0;
    for (int i = 0; i < 10; ++i) sum += down.take();
    up.put(sum);
  }

  static void skynet(long n) throws Exception {
    for (long i = 0; i < n; ++i) {
      BlockingQueue<Long> c = new SynchronousQueue<>();
      spawn(() -> skynetNode(c, 0, 1_000_000));
      check(c.take() == 499_999_500_000L, "Skynet: wrong sum");
    }
  }

  static int fibJoin(int n) throws Exception {
    if (n < 2) return n;
    int[] first = {0};
    Thread half = spawn(() -> first[0] = fibJoin(n - 1));
    int second = fibJoin(n - 2);
    half.join();
    return first[0] + second;
  }

  static int fibAsync(int n) throws Exception {
    if (n < 2) return n;
    FutureTask<Integer> first = async(() -> fibAsync(n - 1));
    int second = fibAsync(n - 2);
    return first.get() + second;
  }

  static void parked(int count) throws Exception {
    long rss = rssBytes(), t0 = System.nanoTime();
    CountDownLatch ready = new CountDownLatch(count);
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(count);
    for (int i = 0; i < count; ++i) {
      spawn(() -> {
        ready.countDown();
        gate.await();
        ended.countDown();
      });
    }
    ready.await();
    double all = count;
    metrics.put("create-ns/goroutine", (System.nanoTime() - t0) / all);
    metrics.put("B/goroutine", (rssBytes() - rss) / all);
    t0 = System.nanoTime();
    gate.countDown();
    ended.await();
    metrics.put("wake-ns/goroutine", (System.nanoTime() - t0) / all);
  }

  /** The k-th sleep of a sleeper: the same numbers as in every peer. */
  static long sleepMs(long sleeper, int k) {
    long x = (sleeper * 10 + k + 1) * 0x9E3779B97F4A7C15L;
    x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
    x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
    return Long.remainderUnsigned(x ^ (x >>> 31), 100) + 1;
  }

  static void timers(long n) throws Exception {
    final int sleepers = 100_000, sleeps = 10;
    LongAdder late = new LongAdder();
    for (long i = 0; i < n; ++i) {
      CountDownLatch ended = new CountDownLatch(sleepers);
      for (int s = 0; s < sleepers; ++s) {
        int number = s;
        spawn(() -> {
          long asked = 0, start = System.nanoTime();
          for (int k = 0; k < sleeps; ++k) {
            asked += sleepMs(number, k) * 1_000_000;
            Thread.sleep(sleepMs(number, k));
          }
          late.add(System.nanoTime() - start - asked);
          ended.countDown();
        });
      }
      ended.await();
    }
    metrics.put("late-us/sleep", late.sum() / 1e3 / n / (sleepers * sleeps));
  }

  static {
    ROWS.put("Yield", n -> yields(n, 2));
    ROWS.put("Yield1000", n -> yields(n, 1000));
    ROWS.put("SpawnWaves1000", Rows::spawnWaves);
    ROWS.put("SpawnWave1M", Rows::spawnWave1M);
    ROWS.put("SpawnJoin", Rows::spawnJoin);
    ROWS.put("AsyncGet", Rows::asyncGet);
    ROWS.put("PingPong", Rows::pingPong);
    ROWS.put("Ring1000", Rows::ring);
    ROWS.put("SPSC128", Rows::spsc);
    ROWS.put("MPMC4x4", Rows::mpmc);
    ROWS.put("Sieve2000", Rows::sieve);
    ROWS.put("Mutex", n -> mutexAmong(n, 1));
    ROWS.put("Mutex8", n -> mutexAmong(n, 8));
    ROWS.put("Skynet1M", Rows::skynet);
    ROWS.put("Fib25", n -> {
      for (long i = 0; i < n; ++i) check(fibJoin(25) == 75_025, "Fib25: wrong");
    });
    ROWS.put("Fib25Async", n -> {
      for (long i = 0; i < n; ++i) check(fibAsync(25) == 75_025, "Fib25: wrong");
    });
    ROWS.put("Parked100k", n -> parked(100_000));
    ROWS.put("Parked1M", n -> parked(1_000_000));
    ROWS.put("Timers100k", Rows::timers);
  }

  public static void main(String[] args) throws Exception {
    measureRows(args);
  }
}
