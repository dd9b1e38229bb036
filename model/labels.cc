#include "model/labels.h"

#include <algorithm>

#include "base/check.h"

namespace forewarn {
namespace {

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool IsName(std::string_view name, bool colons) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return IsNameStart(c) || (c >= '0' && c <= '9') || (colons && c == ':');
  });
}

void AppendText(std::string_view text, std::string& out) {
  size_t length = text.size();
  for (; length >= 0x80; length >>= 7) out += static_cast<char>(length | 0x80);
  out += static_cast<char>(length);
  out += text;
}

// What AppendText appends, for all but very long texts.
size_t SizeOf(std::string_view text) { return text.size() + (text.size() < 0x80 ? 1 : 2); }

}  // namespace

Labels::Labels(std::vector<Pair> pairs) {
  std::erase_if(pairs, [](const Pair& pair) { return pair.second.empty(); });
  std::sort(pairs.begin(), pairs.end());
  auto same = [](const Pair& a, const Pair& b) { return a.first == b.first; };
  FW_CHECK(std::adjacent_find(pairs.begin(), pairs.end(), same) == pairs.end());
  std::vector<View> views(pairs.begin(), pairs.end());
  *this = FromSorted(views);
}

Labels Labels::FromSorted(std::span<const View> sorted) {
  size_t bytes = 0;
  for (const auto& [name, value] : sorted) bytes += SizeOf(name) + SizeOf(value);
  Labels labels;
  labels.packed_.reserve(bytes);
  for (const auto& [name, value] : sorted) labels.Append(name, value);
  return labels;
}

void Labels::Append(std::string_view name, std::string_view value) {
  AppendText(name, packed_);
  AppendText(value, packed_);
}

std::vector<Labels::View> Labels::Views() const {
  std::vector<View> views;
  for (const View& label : *this) views.push_back(label);
  return views;
}

std::string_view Labels::Get(std::string_view name) const {
  for (const auto& [key, value] : *this) {
    if (key == name) return value;
  }
  return {};
}

size_t Labels::size() const { return static_cast<size_t>(std::ranges::distance(begin(), end())); }

void Labels::Set(std::string_view name, std::string_view value) {
  std::vector<View> views = Views();
  auto at = std::ranges::lower_bound(views, name, {}, &View::first);
  bool found = at != views.end() && at->first == name;
  if (value.empty()) {
    if (!found) return;
    views.erase(at);
  } else if (found) {
    at->second = value;
  } else {
    views.insert(at, {name, value});
  }
  *this = FromSorted(views);
}

Labels Labels::WithoutName() const {
  std::vector<View> views = Views();
  std::erase_if(views, [](const View& label) { return label.first == kMetricName; });
  return FromSorted(views);
}

Fingerprint Labels::fingerprint() const {
  Fingerprint sum;
  for (const auto& [name, value] : *this) sum = sum.Add(name).Add(value);
  return sum;
}

std::strong_ordering operator<=>(const Labels& a, const Labels& b) {
  Labels::Iterator left = a.begin();
  Labels::Iterator right = b.begin();
  for (; left != a.end() && right != b.end(); ++left, ++right) {
    if (std::strong_ordering order = *left <=> *right; order != 0) return order;
  }
  return (left != a.end()) <=> (right != b.end());
}

std::string Labels::ToString() const {
  std::string out(name());
  bool first = true;
  for (const auto& [label, value] : *this) {
    if (label == kMetricName) continue;
    out += first ? '{' : ',';
    first = false;
    out += label;
    out += '=';
    out += QuoteLabelValue(value);
  }
  if (!first) {
    out += '}';
  } else if (out.empty()) {
    out = "{}";
  }
  return out;
}

std::string QuoteLabelValue(std::string_view value) {
  std::string out = "\"";
  for (char c : value) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\n': out += "\\n"; break;
      default: out += c;
    }
  }
  return out + '"';
}

bool IsLabelName(std::string_view name) { return IsName(name, false); }
bool IsMetricName(std::string_view name) { return IsName(name, true); }

}  // namespace forewarn
