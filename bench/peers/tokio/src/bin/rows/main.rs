//! rows - the rows of burrow_bench on tokio: the same names, programs and metrics,
//! in Go's benchmark format.
//!
//!     rows ROW PROCS BENCHTIME      BENCHTIME: 1s, 200ms, or 5x for so many times
//!     rows --list
//!
//! One processor is tokio's current_thread runtime, more are its multi_thread one.
//! tokio has no unbuffered channel: one of capacity 1 stands for it, which is less
//! work. It has no channel of many receivers, so there is no row MPMC4x4.

use std::future::Future;
use std::pin::Pin;
use std::process::exit;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, Mutex};
use tokio::task::{spawn, yield_now, JoinHandle};

mod more;

type Row = fn(i64) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// The i-th of k nearly equal parts of n operations.
fn share(n: i64, k: i64, i: i64) -> i64 {
    n / k + i64::from(i < n % k)
}

async fn join(all: Vec<JoinHandle<()>>) {
    for one in all {
        one.await.unwrap();
    }
}

async fn yields(n: i64, tasks: i64) {
    let times = (0..tasks).map(|i| share(n, tasks, i));
    let all = times.map(|times| {
        spawn(async move {
            for _ in 0..times {
                yield_now().await;
            }
        })
    });
    join(all.collect()).await;
}

async fn spawn_waves(n: i64) {
    let mut left = n;
    while left > 0 {
        join((0..left.min(1000)).map(|_| spawn(async {})).collect()).await;
        left -= 1000;
    }
}

async fn spawn_join(n: i64) {
    for _ in 0..n {
        spawn(async {}).await.unwrap();
    }
}

async fn async_get(n: i64) {
    let mut sum = 0;
    for _ in 0..n {
        sum += spawn(async { 1i64 }).await.unwrap();
    }
    assert_eq!(sum, n);
}

async fn ping_pong(n: i64) {
    let (ping, mut pinged) = mpsc::channel::<i32>(1);
    let (pong, mut ponged) = mpsc::channel::<i32>(1);
    let other = spawn(async move {
        while let Some(v) = pinged.recv().await {
            pong.send(v).await.unwrap();
        }
    });
    for _ in 0..n {
        ping.send(1).await.unwrap();
        ponged.recv().await.unwrap();
    }
    drop(ping);
    other.await.unwrap();
}

async fn ring(n: i64) {
    const RING: usize = 1000;
    let (over, mut done) = mpsc::channel::<()>(1);
    let (first, mut from) = mpsc::channel::<i64>(1);
    let mut all = Vec::new();
    for i in 0..RING {
        let (to, next) = if i + 1 < RING {
            let (to, next) = mpsc::channel::<i64>(1);
            (to, Some(next))
        } else {
            (first.clone(), None)
        };
        let mut mine = match next {
            Some(next) => std::mem::replace(&mut from, next),
            None => std::mem::replace(&mut from, mpsc::channel(1).1),
        };
        let over = over.clone();
        all.push(spawn(async move {
            while let Some(left) = mine.recv().await {
                if left > 1 {
                    to.send(left - 1).await.unwrap();
                } else {
                    over.send(()).await.unwrap();
                }
            }
        }));
    }
    first.send(n).await.unwrap();
    done.recv().await.unwrap();
    for one in &all {
        one.abort(); // the ring holds its own senders
    }
}

async fn spsc(n: i64) {
    let (to, mut from) = mpsc::channel::<i32>(128);
    spawn(async move {
        for _ in 0..n {
            to.send(1).await.unwrap();
        }
    });
    let mut got = 0;
    while let Some(v) = from.recv().await {
        got += i64::from(v);
    }
    assert_eq!(got, n);
}

async fn sieve(n: i64) {
    for _ in 0..n {
        let (to, mut primes) = mpsc::channel::<i32>(1);
        spawn(async move {
            for v in 2..=17_389 {
                if to.send(v).await.is_err() {
                    return;
                }
            }
        });
        let mut prime = 0;
        for _ in 0..2000 {
            prime = primes.recv().await.unwrap();
            let p = prime;
            let (to, next) = mpsc::channel::<i32>(1);
            let mut from = std::mem::replace(&mut primes, next);
            spawn(async move {
                while let Some(v) = from.recv().await {
                    if v % p != 0 && to.send(v).await.is_err() {
                        return;
                    }
                }
            });
        }
        assert_eq!(prime, 17_389);
    }
}

async fn select_4(n: i64, capacity: usize) {
    let mut from = (0..4).map(|i| {
        let (to, from) = mpsc::channel::<i64>(capacity);
        let times = share(n, 4, i);
        spawn(async move {
            for _ in 0..times {
                to.send(1).await.unwrap();
            }
        });
        from
    });
    let (mut a, mut b) = (from.next().unwrap(), from.next().unwrap());
    let (mut c, mut d) = (from.next().unwrap(), from.next().unwrap());
    let mut sum = 0;
    while sum < n {
        sum += tokio::select! {
            Some(v) = a.recv() => v,
            Some(v) = b.recv() => v,
            Some(v) = c.recv() => v,
            Some(v) = d.recv() => v,
            else => panic!("items were lost"),
        };
    }
}

async fn mutex(n: i64) {
    let mu = Mutex::new(0i64);
    for _ in 0..n {
        *mu.lock().await += 1;
    }
    assert_eq!(*mu.lock().await, n);
}

async fn mutex_8(n: i64) {
    let mu = Arc::new(Mutex::new(0i64));
    let all = (0..8).map(|i| {
        let (mu, times) = (mu.clone(), share(n, 8, i));
        spawn(async move {
            for _ in 0..times {
                *mu.lock().await += 1;
            }
        })
    });
    join(all.collect()).await;
    assert_eq!(*mu.lock().await, n);
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

fn skynet_node(up: mpsc::Sender<i64>, number: i64, leaves: i64) -> Boxed<()> {
    Box::pin(async move {
        if leaves == 1 {
            up.send(number).await.unwrap();
            return;
        }
        let (to, mut down) = mpsc::channel(1);
        let part = leaves / 10;
        for i in 0..10 {
            spawn(skynet_node(to.clone(), number + i * part, part));
        }
        drop(to);
        let mut sum = 0;
        while let Some(v) = down.recv().await {
            sum += v;
        }
        up.send(sum).await.unwrap();
    })
}

async fn skynet(n: i64) {
    for _ in 0..n {
        let (to, mut from) = mpsc::channel(1);
        spawn(skynet_node(to, 0, 1_000_000));
        assert_eq!(from.recv().await, Some(499_999_500_000));
    }
}

fn fib_of(n: i32) -> Boxed<i32> {
    Box::pin(async move {
        if n < 2 {
            return n;
        }
        let first = spawn(fib_of(n - 1));
        let second = fib_of(n - 2).await;
        first.await.unwrap() + second
    })
}

async fn fib(n: i64) {
    for _ in 0..n {
        assert_eq!(fib_of(25).await, 75_025);
    }
}

/// The k-th sleep of a sleeper: the same numbers as in every peer (splitmix64).
fn sleep_ms(sleeper: i64, k: i64) -> u64 {
    let mut x = ((sleeper * 10 + k + 1) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (x ^ (x >> 31)) % 100 + 1
}

async fn timers(n: i64) {
    for _ in 0..n {
        let all = (0..100_000).map(|s| {
            spawn(async move {
                for k in 0..10 {
                    tokio::time::sleep(Duration::from_millis(sleep_ms(s, k))).await;
                }
            })
        });
        join(all.collect()).await;
    }
}

const ROWS: &[(&str, Row)] = &[
    ("Yield", |n| Box::pin(yields(n, 2))),
    ("Yield1000", |n| Box::pin(yields(n, 1000))),
    ("SpawnWaves1000", |n| Box::pin(spawn_waves(n))),
    ("SpawnJoin", |n| Box::pin(spawn_join(n))),
    ("AsyncGet", |n| Box::pin(async_get(n))),
    ("PingPong", |n| Box::pin(ping_pong(n))),
    ("Ring1000", |n| Box::pin(ring(n))),
    ("SPSC128", |n| Box::pin(spsc(n))),
    ("Sieve2000", |n| Box::pin(sieve(n))),
    ("Select4", |n| Box::pin(select_4(n, 1))),
    ("Select4Buffered", |n| Box::pin(select_4(n, 128))),
    ("Mutex", |n| Box::pin(mutex(n))),
    ("Mutex8", |n| Box::pin(mutex_8(n))),
    ("Skynet1M", |n| Box::pin(skynet(n))),
    ("Fib25Async", |n| Box::pin(fib(n))),
    ("Timers100k", |n| Box::pin(timers(n))),
];

fn rows() -> impl Iterator<Item = &'static (&'static str, Row)> {
    ROWS.iter().chain(more::ROWS)
}

fn cpu_ns() -> u128 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as u128 * 1_000_000_000 + t.tv_nsec as u128
}

/// Returns wall and processor time of n operations, in ns.
fn measure(runtime: &Runtime, row: Row, n: i64) -> (u128, u128) {
    let (start, cpu) = (Instant::now(), cpu_ns());
    // A task of its own: who calls block_on is no worker.
    runtime.block_on(async move { spawn(row(n)).await.unwrap() });
    (start.elapsed().as_nanos(), cpu_ns() - cpu)
}

/// What the row reports beside its time; "ns/op" stands instead of it.
static METRICS: std::sync::Mutex<Vec<(&str, f64)>> = std::sync::Mutex::new(Vec::new());

fn metric(unit: &'static str, value: f64) {
    let mut all = METRICS.lock().unwrap();
    all.retain(|(known, _)| *known != unit);
    all.push((unit, value));
}

/// A line of /proc/self/status.
fn status_mb(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(name));
    let kb = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kb.unwrap_or(0.0) * 1024.0 / 1e6
}

fn usage() -> ! {
    eprintln!("usage: rows ROW PROCS BENCHTIME | rows --list");
    exit(2)
}

/// A time, or a number of operations.
fn benchtime(text: &str) -> (Duration, Option<i64>) {
    let parsed = if let Some(n) = text.strip_suffix('x') {
        n.parse().ok().map(|n| (Duration::ZERO, Some(n)))
    } else if let Some(ms) = text.strip_suffix("ms") {
        ms.parse().ok().map(|ms| (Duration::from_millis(ms), None))
    } else {
        let s = text.strip_suffix('s').and_then(|s| s.parse().ok());
        s.map(|s| (Duration::from_secs_f64(s), None))
    };
    parsed.unwrap_or_else(|| usage())
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args == ["--list"] {
        rows().for_each(|(name, ..)| println!("{name}"));
        return;
    }
    let [name, procs, time] = args.as_slice() else { usage() };
    let Some(&(_, row)) = rows().find(|(n, ..)| n == name) else {
        usage()
    };
    let procs: usize = procs.parse().unwrap_or_else(|_| usage());
    let runtime = if procs == 1 {
        Builder::new_current_thread().enable_time().build()
    } else {
        Builder::new_multi_thread().worker_threads(procs).enable_time().build()
    };
    let runtime = runtime.unwrap();
    let (wanted, times) = benchtime(time);
    let mut n = times.unwrap_or(1);
    let mut took = measure(&runtime, row, n);
    // As Go's: until it has run for long enough, by what the last run promises.
    while times.is_none() && took.0 < wanted.as_nanos() && n < 1_000_000_000 {
        let guess = wanted.as_nanos() * n as u128 * 6 / 5 / took.0.max(1);
        n = (guess as i64).clamp(n + 1, n * 100);
        took = measure(&runtime, row, n);
    }
    let per = |ns: u128| ns as f64 / n as f64;
    let metrics = METRICS.lock().unwrap();
    let own = metrics.iter().find(|(unit, _)| *unit == "ns/op");
    let time = own.map_or(per(took.0), |(_, value)| *value);
    print!("Benchmark{name}/procs={procs}\t{n}\t{time:.2} ns/op");
    print!("\t{:.2} cpu-ns/op", per(took.1));
    for (unit, value) in metrics.iter().filter(|(unit, _)| *unit != "ns/op") {
        print!("\t{value:.2} {unit}");
    }
    println!("\t{:.2} peak-MB", status_mb("VmHWM:"));
}
