// Peer - what measures the rows of Rows.java, in Go's benchmark format.
//
//     java -Djdk.virtualThreadScheduler.parallelism=PROCS
//          -Djdk.virtualThreadScheduler.maxPoolSize=PROCS
//          Rows ROW PROCS BENCHTIME    BENCHTIME: 1s, 200ms, or 5x for so many times
//     java Rows --list

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public class Peer {
  /** A row performs n operations. */
  interface Row {
    void run(long n) throws Exception;
  }

  /** What a task does; a failure ends the program. */
  interface Body {
    void run() throws Exception;
  }

  static Thread spawn(Body body) {
    return Thread.startVirtualThread(() -> {
      try {
        body.run();
      } catch (Throwable e) {
        fail(e.toString());
      }
    });
  }

  static void join(List<Thread> all) throws Exception {
    for (Thread t : all) t.join();
  }

  static void fail(String why) {
    System.err.println("Rows: " + why);
    Runtime.getRuntime().halt(1);
  }

  static void check(boolean right, String what) {
    if (!right) fail(what);
  }

  /** The i-th of k nearly equal parts of n operations. */
  static long share(long n, long k, long i) {
    return n / k + (i < n % k ? 1 : 0);
  }

  static final Map<String, Row> ROWS = new LinkedHashMap<>();
  /** What a row reports beside its time. */
  static final Map<String, Double> metrics = new LinkedHashMap<>();

  static long status(String name) throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    return 0;
  }

  static long rssBytes() throws Exception {
    return status("VmRSS:");
  }

  static long cpuNs() {
    return ((com.sun.management.OperatingSystemMXBean)
        ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
  }

  /** Returns wall and processor time of n operations, in ns. */
  static long[] measure(Row row, long n) throws Exception {
    metrics.clear();
    long start = System.nanoTime(), cpu = cpuNs();
    spawn(() -> row.run(n)).join();
    return new long[] {System.nanoTime() - start, cpuNs() - cpu};
  }

  /** A time in ns; or, below zero, a number of operations. */
  static long benchtime(String text) {
    if (text.endsWith("x")) return -number(text, "x");
    if (text.endsWith("ms")) return number(text, "ms") * 1_000_000;
    return number(text, "s") * 1_000_000_000;
  }

  static long number(String text, String unit) {
    return Long.parseLong(text.substring(0, text.length() - unit.length()));
  }

  static void measureRows(String[] args) throws Exception {
    if (args.length == 1 && args[0].equals("--list")) {
      ROWS.keySet().forEach(System.out::println);
      return;
    }
    Row row = args.length == 3 ? ROWS.get(args[0]) : null;
    if (row == null) {
      System.err.println("usage: Rows ROW PROCS BENCHTIME | Rows --list");
      System.exit(2);
    }
    long wanted = benchtime(args[2]);
    long n = Math.max(1, -wanted);
    if (wanted > 0) measure(row, 1); // loads the classes
    long[] took = measure(row, n);
    // As Go's: until it has run for long enough, by what the last run promises.
    while (wanted > 0 && took[0] < wanted && n < 1_000_000_000) {
      double guess = 1.2 * wanted * n / Math.max(1, took[0]);
      n = (long) Math.min(Math.max(guess, n + 1), 100.0 * n);
      took = measure(row, n);
    }
    if (wanted > 0) took = measure(row, n); // what came before has warmed it up
    StringBuilder line = new StringBuilder();
    line.append(String.format("Benchmark%s/procs=%s\t%d\t%.2f ns/op\t%.2f cpu-ns/op",
        args[0], args[1], n, took[0] / (double) n, took[1] / (double) n));
    metrics.forEach((unit, v) -> line.append(String.format("\t%.2f %s", v, unit)));
    line.append(String.format("\t%.2f peak-MB", status("VmHWM:") / 1e6));
    System.out.println(line);
    System.exit(0);
  }
}
