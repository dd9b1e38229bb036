#include "config/mistake.h"

#include <fmt/format.h>

#include <algorithm>

namespace forewarn {
namespace {

// How many letters must be changed, added, left out or swapped with their neighbour to get from one
// word to the other.
size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string Mistake::ToString() const {
  if (line == 0) return fmt::format("{}: {}", path, text);
  return fmt::format("{}:{}:{}: {}", path, line, column, text);
}

Status MistakesToStatus(std::vector<Mistake> mistakes) {
  if (mistakes.empty()) return OkStatus();
  std::sort(mistakes.begin(), mistakes.end());
  std::string all;
  for (const Mistake& mistake : mistakes) {
    if (!all.empty()) all += '\n';
    all += mistake.ToString();
  }
  return InvalidArgument(std::move(all));
}

std::string DidYouMean(const std::string& word, const std::vector<std::string>& candidates) {
  constexpr size_t kLongest = 64;  // keys are shorter; bounds the work on hostile input
  const std::string* best = nullptr;
  // A third of the word may be wrong: beyond that the guess would be noise.
  size_t best_distance = word.size() / 3 + 1;
  if (word.size() > kLongest) return "";
  for (const std::string& candidate : candidates) {
    size_t distance = EditDistance(word, candidate);
    if (distance > best_distance || (distance == best_distance && best != nullptr)) continue;
    best = &candidate;
    best_distance = distance;
  }
  if (best == nullptr || best_distance >= best->size()) return "";
  return fmt::format("; did you mean '{}'?", *best);
}

std::string UnknownWord(const std::string& word, const std::vector<std::string>& commands,
                        const std::vector<std::string>& options) {
  if (word.starts_with('-')) {
    std::string name = word.substr(0, word.find('='));
    return fmt::format("unknown option '{}'{}", name, DidYouMean(name, options));
  }
  if (commands.empty()) return fmt::format("'{}' is one word too many", word);
  return fmt::format("unknown command '{}'{}", word, DidYouMean(word, commands));
}

}  // namespace forewarn
