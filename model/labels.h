#pragma once

#include <compare>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fingerprint.h"

namespace forewarn {

inline constexpr std::string_view kMetricName = "__name__";

// The labels of a series or an alert: names are unique and sorted by bytes, values are not empty
// (an empty value is the same as no label, as in Prometheus). A value type; equal labels have equal
// fingerprints.
//
// All of them lie in one string, since there are millions: making or copying labels allocates once.
class Labels {
 public:
  // As labels are made of.
  using Pair = std::pair<std::string, std::string>;
  // As they are read; good until they change.
  using View = std::pair<std::string_view, std::string_view>;
  class Iterator;

  Labels() = default;
  // Sorts; pairs with an empty value are dropped. A name given twice is a bug of the caller.
  explicit Labels(std::vector<Pair> pairs);
  Labels(std::initializer_list<Pair> pairs) : Labels(std::vector<Pair>(pairs)) {}
  // Of labels that are in order already, each name once and no value empty.
  static Labels FromSorted(std::span<const View> sorted);

  // The label's value, or empty when there is none.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const { return !Get(name).empty(); }
  // Adds or replaces; an empty value removes.
  void Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name) { Set(name, ""); }

  // The value of `__name__`, or empty.
  std::string_view name() const { return Get(kMetricName); }
  Labels WithoutName() const;

  bool empty() const { return packed_.empty(); }
  // Counts them.
  size_t size() const;
  inline Iterator begin() const;
  inline Iterator end() const;

  // Equal where the labels are, and only there; to hash or to compare them at once.
  std::string_view bytes() const { return packed_; }
  // What they take, of the heap too.
  size_t memory_bytes() const { return sizeof(*this) + packed_.capacity(); }

  Fingerprint fingerprint() const;
  // As Prometheus writes it: `up{instance="a",job="b"}`, values quoted with \\ \" \n escapes.
  std::string ToString() const;

  friend bool operator==(const Labels&, const Labels&) = default;
  // By the first label that differs, its name before its value.
  friend std::strong_ordering operator<=>(const Labels& a, const Labels& b);

  // Stored as the list of their pairs.
  template <typename Visitor>
  static void Fields(const Labels& self, Visitor&& visit);
  template <typename Visitor>
  static void Fields(Labels& self, Visitor&& visit) {
    std::vector<Pair> pairs;
    visit(1, pairs);
    for (const Pair& pair : pairs) self.Append(pair.first, pair.second);
  }

 private:
  struct PairList;

  std::vector<View> Views() const;
  void Append(std::string_view name, std::string_view value);

  // Of each label name and value; before each its length, 7 bits in a byte, the low ones first.
  std::string packed_;
};

// Reads labels in order.
class Labels::Iterator {
 public:
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = View;
  using difference_type = std::ptrdiff_t;
  using pointer = const View*;
  using reference = View;

  Iterator() = default;
  View operator*() const { return view_; }
  pointer operator->() const { return &view_; }
  Iterator& operator++() {
    at_ = next_;
    Read();
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }

 private:
  friend class Labels;
  Iterator(const char* at, const char* end) : at_(at), end_(end) { Read(); }

  static std::string_view Take(const char*& at) {
    size_t length = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at++);
      length |= static_cast<size_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    std::string_view text(at, length);
    at += length;
    return text;
  }
  void Read() {
    if (at_ == end_) return;
    next_ = at_;
    view_.first = Take(next_);
    view_.second = Take(next_);
  }

  const char* at_ = nullptr;  // the label
  const char* next_ = nullptr;
  const char* end_ = nullptr;
  View view_;
};

// A loan of labels, as the record of them is written.
struct Labels::PairList {
  using value_type = View;
  using IsRecordList = void;

  Iterator begin() const { return labels.begin(); }
  Iterator end() const { return labels.end(); }

  const Labels& labels;
};

template <typename Visitor>
void Labels::Fields(const Labels& self, Visitor&& visit) {
  visit(1, PairList{self});
}

Labels::Iterator Labels::begin() const { return {packed_.data(), packed_.data() + packed_.size()}; }
Labels::Iterator Labels::end() const {
  const char* end = packed_.data() + packed_.size();
  return {end, end};
}

// The value between double quotes, with \\ \" \n escapes.
std::string QuoteLabelValue(std::string_view value);

// `[a-zA-Z_][a-zA-Z0-9_]*`, and for metric names colons too.
bool IsLabelName(std::string_view name);
bool IsMetricName(std::string_view name);

}  // namespace forewarn
