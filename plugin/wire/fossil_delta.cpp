#include "wire/fossil_delta.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace lws_chat {
namespace {

constexpr size_t kMostSearched = size_t{512} * 1024;  // longer texts are not searched for what they have in common
constexpr size_t kMostEntries = 32768;                // of the index
constexpr size_t kWindow = 8;                         // the shortest match that is found, in bytes
constexpr size_t kLooks = 2;                          // at places of the source, for each byte of both texts
constexpr size_t kProbes = 8;                         // entries of the index that are looked at for one place
// After a change of a few bytes, the texts go on alike: at the same distance from each other as before the change, or
// up to kShift more or less. This is looked for in the first kNear bytes.
constexpr size_t kNear = 32;
constexpr ptrdiff_t kShift = 8;

uint64_t load(std::string_view text, size_t at) {
  uint64_t word;
  std::memcpy(&word, text.data() + at, sizeof word);
  return word;
}

size_t common_prefix(std::string_view a, std::string_view b) {
  size_t most = std::min(a.size(), b.size());
  size_t size = 0;
  while (size + kWindow <= most && load(a, size) == load(b, size)) size += kWindow;
  while (size < most && a[size] == b[size]) ++size;
  return size;
}

size_t common_suffix(std::string_view a, std::string_view b) {
  size_t most = std::min(a.size(), b.size());
  size_t size = 0;
  while (size + kWindow <= most && load(a, a.size() - size - kWindow) == load(b, b.size() - size - kWindow))
    size += kWindow;
  while (size < most && a[a.size() - size - 1] == b[b.size() - size - 1]) ++size;
  return size;
}

// Bytes from a place on that belong to a character of UTF-8 which began before it. A character has up to 3 such bytes.
// More in a row are no UTF-8, and may be split.
size_t rest_of_character(std::string_view text, size_t at) {
  size_t rest = 0;
  while (rest < 3 && at + rest < text.size() && (static_cast<unsigned char>(text[at + rest]) & 0xc0) == 0x80) ++rest;
  return rest;
}

// Bytes before a place that belong to a character which goes on there.
size_t begun_character(std::string_view text, size_t at) {
  size_t begun = 0;
  while (begun < 3 && begun < at && rest_of_character(text, at - begun) > 0) ++begun;
  return begun;
}

size_t digits(size_t number) {
  size_t count = 1;
  while (number >>= 6) ++count;
  return count;
}

// A number in Fossil's base 64, which is not that of RFC 4648.
void append_number(std::string& text, size_t number) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
  for (size_t i = digits(number); i-- > 0;) text += kDigits[number >> 6 * i & 63];
}

// The sum of the text's words, which have four bytes in network order. The last one is filled up with zeros.
uint32_t checksum(std::string_view text) {
  uint32_t sum = 0;
  for (size_t i = 0; i < text.size(); ++i)
    sum += static_cast<uint32_t>(static_cast<unsigned char>(text[i])) << (24 - 8 * (i & 3));
  return sum;
}

// Bytes that both texts have.
struct Match {
  size_t from = 0;  // place in the source
  size_t to = 0;    // place in the target
  size_t size = 0;

  size_t end() const { return to + size; }

  // A copy costs two numbers and two signs. It may also cost the header of one more literal.
  bool pays() const { return size > digits(size) + digits(from) + 5; }
};

// Writes the segments of a delta. What no copy covers becomes a literal.
class Segments {
 public:
  Segments(std::string_view target, size_t most, std::string& delta) : target_(target), most_(most), delta_(delta) {
    delta_.clear();
    append_number(delta_, target.size());
    delta_ += '\n';
  }

  // The matches come in the order of the target, and do not overlap there.
  void copy(const Match& match) {
    if (match.size == 0) return;
    bool goes_on = copy_.end() == match.to && copy_.from + copy_.size == match.from;
    if (goes_on && copy_.size > 0) {
      copy_.size += match.size;
      return;
    }
    write_copy();
    copy_ = match;
  }

  bool finish() {
    write_copy();
    write_literal(target_.size());
    append_number(delta_, checksum(target_));
    delta_ += ';';
    return fits();
  }

  bool fits() const { return delta_.size() <= most_; }

 private:
  void write_copy() {
    if (copy_.size == 0) return;
    write_literal(copy_.to);
    append_number(delta_, copy_.size);
    delta_ += '@';
    append_number(delta_, copy_.from);
    delta_ += ',';
    done_ = copy_.end();
    copy_ = Match();
  }

  void write_literal(size_t end) {
    if (end == done_ || !fits()) return;
    append_number(delta_, end - done_);
    delta_ += ':';
    delta_ += target_.substr(done_, end - done_);
    done_ = end;
  }

  std::string_view target_;
  size_t most_;
  std::string& delta_;
  size_t done_ = 0;  // bytes of the target that are written
  Match copy_;       // not written yet: the next one may go on with it
};

// Finds windows of the source by their contents: a hash table with the places of every window, or of every second,
// third, ... of a source that has more than kMostEntries.
class Index {
 public:
  explicit Index(std::string_view source) : step_(source.size() / kMostEntries + 1) {
    if (source.size() < kWindow) return;
    size_t entries = (source.size() - kWindow) / step_ + 1;
    while ((size_t{1} << bits_) < entries) ++bits_;
    newest_.resize(size_t{1} << bits_);
    older_.resize(entries);
    // Afterwards the list of a hash begins with the first place in the source.
    for (size_t entry = entries; entry-- > 0;) {
      uint16_t& newest = newest_[hash(load(source, entry * step_))];
      older_[entry] = newest;
      newest = static_cast<uint16_t>(entry + 1);
    }
  }

  template <typename Look>
  void each(uint64_t window, Look&& look) const {
    if (newest_.empty()) return;
    size_t left = kProbes;
    for (size_t entry = newest_[hash(window)]; entry > 0 && left > 0; entry = older_[entry - 1], --left)
      look((entry - 1) * step_);
  }

 private:
  size_t hash(uint64_t window) const { return static_cast<size_t>(window * 0x9e3779b97f4a7c15u >> (64 - bits_)); }

  size_t step_;
  unsigned bits_ = 6;
  std::vector<uint16_t> newest_;  // one more than the number of an entry; 0: there is none
  std::vector<uint16_t> older_;
};

// Looks for what source and target have in common between their common beginning and end.
class Search {
 public:
  // The target is searched up to `end`.
  Search(std::string_view source, std::string_view target, size_t end)
      : source_(source), target_(target), end_(end), looks_(kLooks * (source.size() + target.size())) {}

  // Gives the matches behind `first` to `segments`.
  void run(const Match& first, Segments& segments) {
    Index index(source_);
    last_ = first;
    size_t at = first.end();
    while (at + kWindow <= end_ && looks_ > 0 && segments.fits()) {
      Match match = at_place(index, at);
      if (match.pays()) {
        segments.copy(match);
        last_ = match;
        at = match.end();
      } else {
        // Where nothing is alike, look at fewer places.
        at += 1 + (at - last_.end()) / 256;
      }
    }
  }

 private:
  Match at_place(const Index& index, size_t at) {
    Match best;
    uint64_t window = load(target_, at);
    auto look = [&](size_t from) {
      looks_ -= looks_ > 0;
      if (from + kWindow > source_.size() || load(source_, from) != window) return;
      Match match = whole(from, at);
      if (match.size > best.size) best = match;
    };
    if (at - last_.end() < kNear) {
      size_t same = last_.from + (at - last_.to);
      for (ptrdiff_t shift = 0; shift <= kShift && best.size < kNear; ++shift) {
        look(same + static_cast<size_t>(shift));
        if (shift > 0 && same >= static_cast<size_t>(shift)) look(same - static_cast<size_t>(shift));
      }
    }
    if (best.size < kNear) index.each(window, look);
    return best;
  }

  // Extends a match in both directions, and then cuts it so that it begins and ends between characters.
  Match whole(size_t from, size_t at) const {
    Match match{from, at, kWindow};
    match.size += common_prefix(source_.substr(from + kWindow), target_.substr(at + kWindow, end_ - at - kWindow));
    size_t back = common_suffix(source_.substr(0, from), target_.substr(last_.end(), at - last_.end()));
    match = {from - back, at - back, match.size + back};
    size_t cut = std::min(rest_of_character(target_, match.to), match.size);
    match = {match.from + cut, match.to + cut, match.size - cut};
    match.size -= std::min(begun_character(target_, match.end()), match.size);
    return match;
  }

  std::string_view source_;
  std::string_view target_;
  size_t end_;
  size_t looks_;  // that are left
  Match last_;    // the match before
};

}  // namespace

bool make_fossil_delta(std::string_view source, std::string_view target, size_t most, std::string& delta) {
  Segments segments(target, most, delta);
  Match first{0, 0, common_prefix(source, target)};
  first.size -= begun_character(target, first.size);
  size_t rest = common_suffix(source, target.substr(first.size));
  rest -= std::min(rest_of_character(target, target.size() - rest), rest);
  Match last{source.size() - rest, target.size() - rest, rest};
  if (first.pays())
    segments.copy(first);
  else
    first.size = 0;
  if (std::max(source.size(), target.size()) <= kMostSearched) Search(source, target, last.to).run(first, segments);
  if (last.pays()) segments.copy(last);
  return segments.finish();
}

}  // namespace lws_chat
