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

}  // namespace

Labels::Labels(std::vector<Pair> pairs) : pairs_(std::move(pairs)) {
  std::erase_if(pairs_, [](const Pair& pair) { return pair.second.empty(); });
  std::sort(pairs_.begin(), pairs_.end());
  auto same = [](const Pair& a, const Pair& b) { return a.first == b.first; };
  FW_CHECK(std::adjacent_find(pairs_.begin(), pairs_.end(), same) == pairs_.end());
}

std::string_view Labels::Get(std::string_view name) const {
  for (const Pair& pair : pairs_) {
    if (pair.first == name) return pair.second;
  }
  return {};
}

void Labels::Set(std::string_view name, std::string_view value) {
  auto before = [](const Pair& pair, std::string_view key) { return pair.first < key; };
  auto at = std::lower_bound(pairs_.begin(), pairs_.end(), name, before);
  bool found = at != pairs_.end() && at->first == name;
  if (value.empty()) {
    if (found) pairs_.erase(at);
  } else if (found) {
    at->second = value;
  } else {
    pairs_.emplace(at, name, value);
  }
}

Labels Labels::WithoutName() const {
  Labels copy = *this;
  copy.Remove(kMetricName);
  return copy;
}

Fingerprint Labels::fingerprint() const {
  Fingerprint sum;
  for (const Pair& pair : pairs_) sum = sum.Add(pair.first).Add(pair.second);
  return sum;
}

std::string Labels::ToString() const {
  std::string out(name());
  bool first = true;
  for (const Pair& pair : pairs_) {
    if (pair.first == kMetricName) continue;
    out += first ? '{' : ',';
    first = false;
    out += pair.first;
    out += '=';
    out += QuoteLabelValue(pair.second);
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
