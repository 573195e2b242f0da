// wordcount - the most frequent words of all the files below a directory.
//
// Shows   a program of several stages: walker -> readers -> merger -> main
// Run     ./examples/wordcount DIR [TOP]     the TOP words, default 20, 0 = all
// Output  what this pipeline prints, byte for byte (locale C):
//           find DIR -type f -print0 | xargs -0 cat | tr -cs 'A-Za-z' '\n' |
//             tr A-Z a-z | grep . | sort | uniq -c | sort -k1,1nr -k2,2 |
//             head -n TOP
//
// A word is a run of the letters A to Z, in either case; all other bytes only
// separate words, so that a binary file is read like any other. As `cat` joins
// the files, the last word of one and the first of the next are one word when
// no other byte is between them. Each reader therefore leaves the two ends of
// a file uncounted, and the merger joins the ends in the order of the walk.
//
// Symbolic links are not followed, so that a loop of them does no harm. What
// is skipped (links, devices, what cannot be read) has one line on stderr.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "burrow/burrow.h"

namespace fs = std::filesystem;

namespace {

using counters = std::unordered_map<std::string, std::uint64_t>;
using counted = std::pair<std::string, std::uint64_t>;

struct file {
  std::size_t number;  // its place in the walk
  fs::path path;
};

// ends are the uncounted letters of one file: those before its first separator
// and those after the last one. Without a separator head is the whole file.
struct ends {
  std::size_t number;
  std::string head, tail;
  bool separated = false;
};

// tally is what one reader knows when it has read its share of the files.
struct tally {
  counters counts;
  std::vector<ends> edges;
};

// skip says on one line what is left out, control characters as '?'.
void skip(const fs::path& path, const std::string& reason) {
  std::string name = path.string();
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return c < ' ' || c == 127; }, '?');
  std::fprintf(stderr, "wordcount: skipped %s: %s\n", name.c_str(),
               reason.c_str());
}

// expand puts the entries of a directory on top of todo, first entry on top.
void expand(const fs::path& dir, std::vector<fs::path>& todo) {
  std::error_code error;
  const auto old = static_cast<std::ptrdiff_t>(todo.size());
  fs::directory_iterator entry(dir, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    todo.push_back(entry->path());
  }
  if (error) skip(dir, error.message());
  std::reverse(todo.begin() + old, todo.end());
}

// walker sends the regular files below root in the order of `find`. It keeps a
// list, not a recursion: neither stack nor descriptors grow with the depth.
void walker(fs::path root, burrow::send_chan<file> files) {
  std::vector<fs::path> todo{std::move(root)};
  for (std::size_t number = 0; !todo.empty();) {
    fs::path path = std::move(todo.back());
    todo.pop_back();
    std::error_code error;
    const fs::file_type type = fs::symlink_status(path, error).type();
    if (type == fs::file_type::directory) {
      expand(path, todo);
    } else if (type == fs::file_type::regular) {
      files.send({number++, std::move(path)});
    } else if (type == fs::file_type::symlink) {
      skip(path, "symbolic link");
    } else {
      skip(path, error ? error.message() : "not a regular file");
    }
  }
  files.close();
}

// count reads one file, however long, through a buffer of fixed size.
void count(const file& f, std::vector<char>& buffer, tally& t) {
  std::FILE* const in = std::fopen(f.path.c_str(), "rb");
  if (in == nullptr) return skip(f.path, std::strerror(errno));
  burrow::defer close{[in] { std::fclose(in); }};

  ends edge{f.number, {}, {}};
  std::string word;
  std::size_t n = 0;
  while ((n = std::fread(buffer.data(), 1, buffer.size(), in)) > 0) {
    for (std::size_t i = 0; i < n; ++i) {
      const char lower = static_cast<char>(buffer[i] | 0x20);
      if (lower >= 'a' && lower <= 'z') {
        word += lower;
      } else if (!edge.separated) {
        edge.head = std::exchange(word, {});
        edge.separated = true;
      } else if (!word.empty()) {
        ++t.counts[word];
        word.clear();
      }
    }
  }
  if (std::ferror(in)) skip(f.path, std::strerror(errno));
  (edge.separated ? edge.tail : edge.head) = std::move(word);
  t.edges.push_back(std::move(edge));
}

// reader takes files until there are no more, and then sends all it has counted
// in one piece: the counters are its own, no lock is needed.
void reader(burrow::recv_chan<file> files, burrow::send_chan<tally> tallies) {
  std::vector<char> buffer(64 * 1024);
  tally t;
  for (const file& f : files) count(f, buffer, t);
  tallies.send(std::move(t));
}

// merger adds up the tallies of all readers and sends the top words, the most
// frequent first, words of the same count in the order of the alphabet.
void merger(burrow::recv_chan<tally> tallies, int readers, std::size_t top,
            burrow::send_chan<counted> out) {
  tally all = tallies.recv().value();
  for (int i = 1; i < readers; ++i) {
    tally t = tallies.recv().value();
    for (const auto& [word, n] : t.counts) all.counts[word] += n;
    std::move(t.edges.begin(), t.edges.end(), std::back_inserter(all.edges));
  }

  std::sort(all.edges.begin(), all.edges.end(),
            [](const ends& a, const ends& b) { return a.number < b.number; });
  std::string open;  // the word that no separator has ended yet
  for (const ends& edge : all.edges) {
    open += edge.head;
    if (edge.separated) ++all.counts[std::exchange(open, edge.tail)];
  }
  ++all.counts[open];
  all.counts.erase("");

  std::vector<counted> words(all.counts.begin(), all.counts.end());
  if (top == 0 || top > words.size()) top = words.size();
  std::partial_sort(
      words.begin(), words.begin() + static_cast<std::ptrdiff_t>(top),
      words.end(), [](const counted& a, const counted& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
      });
  for (std::size_t i = 0; i < top; ++i) out.send(std::move(words[i]));
  out.close();
}

// fail ends the program for a bad command line.
int fail(const std::string& why) {
  std::fprintf(stderr, "wordcount: %s\n", why.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return fail("usage: wordcount DIR [TOP]");
  std::size_t top = 20;
  if (argc == 3) {
    const char* const end = argv[2] + std::strlen(argv[2]);
    const auto [rest, error] = std::from_chars(argv[2], end, top);
    if (error != std::errc{} || rest != end) {
      return fail(std::string("TOP must be a whole number: ") + argv[2]);
    }
  }
  std::error_code error;
  if (!fs::is_directory(argv[1], error)) {
    return fail(std::string(argv[1]) + ": " +
                (error ? error.message() : "Not a directory"));
  }

  return burrow::run([&] {
    const int readers = 2 * burrow::maxprocs();  // some of them wait for disks
    auto files = burrow::make_chan<file>(64);
    auto tallies = burrow::make_chan<tally>();
    auto words = burrow::make_chan<counted>();

    // With "/" at its end the path is the directory itself, if it is a link.
    burrow::go(walker, fs::path(argv[1]) / "", files);
    for (int i = 0; i < readers; ++i) burrow::go(reader, files, tallies);
    burrow::go(merger, tallies, readers, top, words);

    for (const auto& [word, n] : words) {
      std::printf("%7llu %s\n", static_cast<unsigned long long>(n),
                  word.c_str());
    }
  });
}
