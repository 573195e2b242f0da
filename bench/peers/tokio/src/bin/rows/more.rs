//! Rows of latencies, sizes, waiters, trees and memory.
//!
//! Matmul512 and Mergesort1M are not here: a task of tokio's borrows nothing, and
//! with copies they would be other programs. What never yields is not preempted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch, Mutex};
use tokio::task::{spawn, yield_now};

use crate::{join, metric, share, status_mb, Boxed, Row};

pub const ROWS: &[(&str, Row)] = &[
    ("SpawnWave1M", |n| Box::pin(spawn_wave(n))),
    ("Chan8B", |n| Box::pin(elements::<8>(n))),
    ("Chan64B", |n| Box::pin(elements::<64>(n))),
    ("Chan512B", |n| Box::pin(elements::<512>(n))),
    ("Chan4096B", |n| Box::pin(elements::<4096>(n))),
    ("Select2", |n| Box::pin(select_2(n))),
    ("Select16", |n| Box::pin(select_16(n))),
    ("Select64", |n| Box::pin(select_64(n))),
    ("MutexWait2", |n| Box::pin(mutex_waiters(n, 2))),
    ("MutexWait100", |n| Box::pin(mutex_waiters(n, 100))),
    ("MutexWait10k", |n| Box::pin(mutex_waiters(n, 10_000))),
    ("NQueens8", |n| Box::pin(nqueens(n))),
    ("UTS", |n| Box::pin(uts(n))),
    ("Chameneos", |n| Box::pin(chameneos(n))),
    ("Parked100k", |n| Box::pin(parked(n, 100_000))),
    ("Parked1M", |n| Box::pin(parked(n, 1_000_000))),
    ("Burst100k", |n| Box::pin(burst(n))),
    ("WakeLatency", |n| Box::pin(wake_latency(n))),
    ("TimerLate", |n| Box::pin(timer_late(n))),
];

async fn spawn_wave(n: i64) {
    for _ in 0..n {
        join((0..1_000_000).map(|_| spawn(async {})).collect()).await;
    }
}

async fn elements<const BYTES: usize>(n: i64) {
    let (to, mut from) = mpsc::channel::<[u8; BYTES]>(128);
    spawn(async move {
        for _ in 0..n {
            to.send([1; BYTES]).await.unwrap();
        }
    });
    let mut got = 0;
    while let Some(e) = from.recv().await {
        got += i64::from(e[0]);
    }
    assert_eq!(got, n);
}

/// Makes a select of as many cases as there are names.
macro_rules! select_of {
    ($name:ident, $($case:ident)*) => {
        async fn $name(n: i64) {
            let cases = [$(stringify!($case)),*].len() as i64;
            let mut i = 0;
            $(
                let (to, mut $case) = mpsc::channel::<i64>(1);
                let times = share(n, cases, i);
                i += 1;
                spawn(async move {
                    for _ in 0..times {
                        to.send(1).await.unwrap();
                    }
                });
            )*
            assert_eq!(i, cases);
            let mut sum = 0;
            while sum < n {
                sum += tokio::select! {
                    $(Some(v) = $case.recv() => v,)*
                    else => panic!("items were lost"),
                };
            }
        }
    };
}

select_of!(select_2, a b);
select_of!(select_16, a b c d e f g h j k l m o p q r);
// tokio::select! has no more than 64 cases.
select_of!(select_64, a0 a1 a2 a3 a4 a5 a6 a7 b0 b1 b2 b3 b4 b5 b6 b7
    c0 c1 c2 c3 c4 c5 c6 c7 d0 d1 d2 d3 d4 d5 d6 d7 e0 e1 e2 e3 e4 e5 e6 e7
    f0 f1 f2 f3 f4 f5 f6 f7 g0 g1 g2 g3 g4 g5 g6 g7 h0 h1 h2 h3 h4 h5 h6 h7);

/// Whoever holds the mutex yields: all others come to wait for it.
async fn mutex_waiters(n: i64, tasks: i64) {
    let mu = Arc::new(Mutex::new(0i64));
    let all = (0..tasks).map(|i| {
        let (mu, times) = (mu.clone(), share(n, tasks, i));
        spawn(async move {
            for _ in 0..times {
                let mut counter = mu.lock().await;
                *counter += 1;
                yield_now().await;
            }
        })
    });
    join(all.collect()).await;
    assert_eq!(*mu.lock().await, n);
}

fn queens(row: u32, columns: u32, down: u32, up: u32) -> Boxed<i64> {
    Box::pin(async move {
        if row == 8 {
            return 1;
        }
        let free = (0..8).filter(|column| (columns | down | up) >> column & 1 == 0);
        let all = free.map(|column| {
            let queen = 1 << column;
            spawn(queens(row + 1, columns | queen, (down | queen) << 1, (up | queen) >> 1))
        });
        let all: Vec<_> = all.collect();
        let mut sum = 0;
        for one in all {
            sum += one.await.unwrap();
        }
        sum
    })
}

async fn nqueens(n: i64) {
    for _ in 0..n {
        assert_eq!(queens(0, 0, 0, 0).await, 92);
    }
}

fn scramble(x: u64) -> u64 {
    let mut x = x.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The tree of bench/tree_workload.h.
fn uts_nodes(node: u64, depth: i32) -> Boxed<i64> {
    Box::pin(async move {
        let children: u64 = match depth {
            0..=2 => 8,
            _ if scramble(node) % 10_000 < 2_475 => 4,
            _ => 0,
        };
        let child = |i| scramble(node.wrapping_mul(8).wrapping_add(i + 1));
        let all: Vec<_> =
            (0..children).map(|i| spawn(uts_nodes(child(i), depth + 1))).collect();
        let mut sum = 1;
        for one in all {
            sum += one.await.unwrap();
        }
        sum
    })
}

async fn uts(n: i64) {
    for _ in 0..n {
        assert_eq!(uts_nodes(1, 0).await, 71_257);
    }
}

struct Place {
    left: i64,
    waiting: Option<(u8, oneshot::Sender<u8>)>,
}

fn complement(a: u8, b: u8) -> u8 {
    if a == b {
        a
    } else {
        3 - a - b
    }
}

async fn creature(place: Arc<Mutex<Place>>, mut mine: u8) -> i64 {
    let mut met = 0;
    loop {
        let mut p = place.lock().await;
        if p.left == 0 {
            return met;
        }
        let theirs = if let Some((theirs, first)) = p.waiting.take() {
            p.left -= 1;
            drop(p);
            first.send(mine).unwrap();
            theirs
        } else {
            let (to, from) = oneshot::channel();
            p.waiting = Some((mine, to));
            drop(p);
            from.await.unwrap()
        };
        mine = complement(mine, theirs);
        met += 1;
    }
}

async fn chameneos(n: i64) {
    let place = Arc::new(Mutex::new(Place { left: n, waiting: None }));
    let all: Vec<_> =
        (0..10).map(|i| spawn(creature(place.clone(), i % 3))).collect();
    let mut sum = 0;
    for one in all {
        sum += one.await.unwrap();
    }
    assert_eq!(sum, 2 * n);
}

/// Makes tasks that wait for `gate`, and returns when all of them do.
async fn waiting(count: i64, gate: &watch::Receiver<bool>) -> Vec<tokio::task::JoinHandle<()>> {
    let (ready, mut all_ready) = mpsc::channel::<()>(1);
    let all = (0..count).map(|_| {
        let (mut gate, ready) = (gate.clone(), ready.clone());
        spawn(async move {
            drop(ready);
            gate.wait_for(|open| *open).await.unwrap();
        })
    });
    let all = all.collect();
    drop(ready);
    assert!(all_ready.recv().await.is_none());
    all
}

async fn parked(n: i64, count: i64) {
    for _ in 0..n {
        let before = status_mb("VmRSS:");
        let start = Instant::now();
        let (open, gate) = watch::channel(false);
        let all = waiting(count, &gate).await;
        let each = |v: f64| v / count as f64;
        metric("create-ns/goroutine", each(start.elapsed().as_nanos() as f64));
        metric("B/goroutine", each((status_mb("VmRSS:") - before) * 1e6));
        let start = Instant::now();
        open.send(true).unwrap();
        join(all).await;
        metric("wake-ns/goroutine", each(start.elapsed().as_nanos() as f64));
    }
}

async fn burst(n: i64) {
    for _ in 0..n {
        let before = status_mb("VmRSS:");
        let more = |unit| metric(unit, status_mb("VmRSS:") - before);
        let (open, gate) = watch::channel(false);
        let start = Instant::now();
        let all = waiting(100_000, &gate).await;
        more("burst-MB");
        open.send(true).unwrap();
        join(all).await;
        metric("ns/op", start.elapsed().as_nanos() as f64);
        more("ended-MB");
        tokio::time::sleep(Duration::from_secs(2)).await;
        more("later-MB");
    }
}

fn compute(d: Duration) {
    let start = Instant::now();
    while start.elapsed() < d {}
}

/// The median is the row's time.
fn report_latencies(mut late: Vec<Duration>) {
    late.sort();
    let at = |part: f64| late[((late.len() - 1) as f64 * part) as usize].as_nanos() as f64;
    metric("ns/op", at(0.5));
    metric("p99-ns", at(0.99));
    metric("p99.9-ns", at(0.999));
}

async fn wake_latency(n: i64) {
    let (to, mut from) = mpsc::channel::<Instant>(1);
    let receiver = spawn(async move {
        let mut late = Vec::new();
        while let Some(sent) = from.recv().await {
            late.push(sent.elapsed());
        }
        late
    });
    for _ in 0..n {
        tokio::time::sleep(Duration::from_micros(100)).await;
        to.send(Instant::now()).await.unwrap();
        compute(Duration::from_millis(1));
    }
    drop(to);
    report_latencies(receiver.await.unwrap());
}

async fn timer_late(n: i64) {
    const SLEEP: Duration = Duration::from_millis(1);
    let stop = Arc::new(AtomicBool::new(false));
    let workers = tokio::runtime::Handle::current().metrics().num_workers();
    let load = (0..workers).map(|_| {
        let stop = stop.clone();
        spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                compute(Duration::from_micros(20));
                yield_now().await;
            }
        })
    });
    let load: Vec<_> = load.collect();
    let sleepers = (0..100).map(|i| {
        let times = share(n, 100, i);
        spawn(async move {
            let mut mine = Vec::new();
            for _ in 0..times {
                let start = Instant::now();
                tokio::time::sleep(SLEEP).await;
                mine.push(start.elapsed() - SLEEP);
            }
            mine
        })
    });
    let sleepers: Vec<_> = sleepers.collect();
    let mut late = Vec::new();
    for one in sleepers {
        late.append(&mut one.await.unwrap());
    }
    stop.store(true, Ordering::Relaxed);
    join(load).await;
    report_latencies(late);
}
